import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { RowsExport } from "../../src/export/rows-export.ts";
import type { Source } from "../../src/index.ts";
import type { ContractSubject } from "./source-contract.ts";

/** A module with the rows of the contract, which counts the iterations that are open and the rows given. */
const program = `
export let open = 0;
export let given = 0;
function counted(rows) {
  const iterator = rows[Symbol.iterator]();
  let isOpen = true;
  let isReturned = false;
  const end = () => {
    if (isOpen) open -= 1;
    isOpen = false;
  };
  open += 1;
  given = 0;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const step = iterator.next();
        if (step.done) end();
        else given += 1;
        return step;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      // A second one is seen as less than nothing that is open.
      if (isReturned) open -= 1;
      isReturned = true;
      return { done: true, value: undefined };
    },
  };
}
function* many(count, fails = false) {
  for (let id = 1; id <= count; id += 1) yield { id };
  if (fails) throw new Error("the table is gone");
}
const small = [
  { id: 9007199254740993n, name: "Zürich", note: null },
  [-1n, 'a "b", c', ""],
  { note: "last\\nline", name: "=1+1", id: 0n, more: "is ignored" },
];
export default {
  exports: {
    small: { rows: () => counted(small) },
    large: { rows: ({ parameters: { count } }) => Promise.resolve(counted(many(count))) },
    failing: { rows: () => counted(many(10_000, true)) },
  },
};
`;

/** Writes a configuration module to a path, and opens its exports as a server does. */
export async function openModule(path: string, largeCount: number): Promise<ContractSubject> {
  await writeFile(path, program);
  // The same instance that the exports import.
  const imported = (await import(pathToFileURL(path).href)) as {
    readonly open: number;
    readonly given: number;
  };
  const source = async (name: string, columns: readonly string[]): Promise<Source> => {
    const served = { name, module: path, columns, parameters: { count: { type: "integer" } } } as const;
    const definition = (await new RowsExport(served, systemClock).current()).get(name);
    if (definition === undefined || definition.live === null) throw new Error(`no live export ${name}`);
    const values = { count: String(largeCount) };
    return definition.source({ seed: 1, rows: null, columns: null, values, version: "test" });
  };
  const large = await source("large", ["id"]);
  return {
    small: await source("small", ["id", "name", "note"]),
    large,
    // The batches of rows have at most 256.
    counted: { source: large, mostRowsAhead: 512, given: () => imported.given },
    failing: await source("failing", ["id"]),
    held: () => imported.open,
  };
}
