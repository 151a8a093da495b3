import { generatedSource } from "../../src/internal.ts";
import type { Batch } from "../../src/index.ts";

/** The same orders in several forms. */
export interface OrderRows {
  readonly names: readonly string[];
  readonly typed: readonly Batch[];
  /** As in user code: a number for a decimal, a Date for an instant. */
  readonly arrays: readonly unknown[][];
  readonly objects: readonly Readonly<Record<string, unknown>>[];
}

export async function orderRows(count: number): Promise<OrderRows> {
  const source = generatedSource("orders", { rows: count });
  const names = source.columns.map(({ name }) => name);
  const typed: Batch[] = [];
  const arrays: unknown[][] = [];
  for await (const batch of source.read({ signal: new AbortController().signal })) {
    // A batch is valid until the next one is pulled.
    typed.push(structuredClone(batch));
    for (let row = 0; row < batch.rowCount; row += 1)
      arrays.push(batch.columns.map((vector) => userValue(vector, row)));
  }
  const objects = arrays.map((row) => Object.fromEntries(row.map((value, index) => [names[index], value])));
  return { names, typed: withSharedDictionaries(typed), arrays, objects };
}

function userValue(vector: Batch["columns"][number], row: number): unknown {
  switch (vector.kind) {
    case "decimal":
      return Number(vector.unscaled[row]) / 10 ** vector.scale;
    case "boolean":
      return vector.values[row] === 1;
    case "timestamp":
      return new Date(Number(vector.values[row]));
    case "dictionary":
      return asRead(vector.dictionary[vector.codes[row] ?? 0] ?? null);
    case "integer":
      return vector.values[row];
    case "float":
    case "date":
    case "text":
    case "utf8":
    case "number-text":
    case "json-text":
    case "bytes":
    case "mixed":
    default:
      throw new Error(`orders have no column of the kind ${vector.kind}.`);
  }
}

/** A flat string, as a database driver makes it, not a concatenation of parts like the generator's strings. */
function asRead(text: string | null): unknown {
  const read: unknown = JSON.parse(JSON.stringify(text));
  return read;
}

/** All batches of a source share its dictionaries, which their copies don't. */
function withSharedDictionaries(batches: readonly Batch[]): Batch[] {
  return batches.map((batch) => ({
    ...batch,
    columns: batch.columns.map((vector, index) => {
      const first = batches[0]?.columns[index];
      return vector.kind === "dictionary" && first?.kind === "dictionary"
        ? { ...vector, dictionary: first.dictionary }
        : vector;
    }),
  }));
}
