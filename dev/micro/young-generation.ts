/**
 * Shows what the size of V8's young generation costs and saves: processor time and peak memory of an export, by the kind of
 * its rows and by the size of a semi-space in MiB. Workers run with 1 MiB.
 *
 * Each export has a process of its own. The sizes take turns, in the reverse order in every other round, so that other
 * programs affect all of them. Ratios are to 1 MiB, the medians of the rounds.
 *
 *     node dist/dev/micro/young-generation.js [rounds] [rows]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { median } from "../../bench/statistics/median.ts";
import { csvChunks, type Source } from "../../src/index.ts";
import { generatedSource } from "../../src/internal.ts";

const sizes = [1, 2, 4, 8, 16] as const;

interface Run {
  readonly cpuMs: number;
  readonly peakMiB: number;
}

/** A row as a driver of a database gives it: an object of new strings. */
function row(index: number): Record<string, unknown> {
  return {
    id: index,
    name: `customer ${index % 9973}`,
    email: `c${index % 9973}@example.org`,
    price: (index % 100_000) / 100,
    paid: index % 3 === 0,
    created: new Date(1.7e12 + index * 1000),
    note: index % 5 === 0 ? null : `note ${index}`,
  };
}

async function* objects(rows: number): AsyncGenerator<object, void, undefined> {
  for (let index = 0; index < rows; index += 1) {
    // A driver gives its rows in blocks.
    if (index % 1000 === 0) await new Promise(setImmediate);
    yield row(index);
  }
}

function* arrays(rows: number): Generator<unknown[], void, undefined> {
  for (let index = 0; index < rows; index += 1) yield Object.values(row(index));
}

const kinds: Readonly<
  Record<string, (rows: number) => AsyncIterable<object> | Iterable<unknown[]> | Source>
> = {
  "generated orders": (rows) => generatedSource("orders", { rows, seed: 1 }),
  "objects, asynchronous": objects,
  "arrays, synchronous": arrays,
};

async function exportOnce(kind: string, rows: number): Promise<void> {
  const made = kinds[kind]?.(rows);
  let bytes = 0;
  for await (const chunk of csvChunks(made as Iterable<unknown[]>)) bytes += chunk.byteLength;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000, peakMiB: process.resourceUsage().maxRSS / 1024, bytes });
  process.disconnect();
}

async function run(kind: string, size: number, rows: number): Promise<Run> {
  const child = fork(fileURLToPath(import.meta.url), ["export", kind, String(rows)], {
    execArgv: [`--max-semi-space-size=${size}`],
  });
  const [result]: Run[] = await once(child, "message");
  if (result === undefined) throw new Error(`${kind} gave no result`);
  return result;
}

async function measure(rounds: number, rows: number): Promise<void> {
  for (const kind of Object.keys(kinds)) {
    const runs = new Map<number, Run[]>(sizes.map((size) => [size, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const size of round % 2 === 0 ? sizes : sizes.toReversed())
        runs.get(size)?.push(await run(kind, size, rows));
    }
    const smallest = runs.get(1) ?? [];
    for (const [size, taken] of runs) {
      const ratio = median(taken.map(({ cpuMs }, round) => cpuMs / (smallest[round]?.cpuMs ?? Number.NaN)));
      const cpuMs = median(taken.map((one) => one.cpuMs)) ?? Number.NaN;
      const peakMiB = median(taken.map((one) => one.peakMiB)) ?? Number.NaN;
      process.stdout.write(
        `${kind.padEnd(22)} ${String(size).padStart(2)} MiB  ${cpuMs.toFixed(0).padStart(5)} ms of CPU, ${(ratio ?? Number.NaN).toFixed(2)} ×, peak ${peakMiB.toFixed(0)} MiB\n`,
      );
    }
  }
}

const [first = "5", second = "500000", third] = process.argv.slice(2);
await (first === "export" ? exportOnce(second, Number(third)) : measure(Number(first), Number(second)));
