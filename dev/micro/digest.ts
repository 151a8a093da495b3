/**
 * Measures the cost of a body's digest: the same export with and without it, alternating in one process.
 *
 *     node dist/dev/micro/digest.js [rows] [rounds]
 */
import { createHash } from "node:crypto";
import { openExport, planExport, readExportParameters, runExport } from "../../src/internal.ts";
import { median } from "../../bench/statistics/median.ts";

const [, , rows = "300000", rounds = "9"] = process.argv;
const { definition, close } = await openExport("orders");
const plan = planExport(definition, readExportParameters([["rows", rows]]));

/** The cost of one run. */
interface Run {
  readonly bytes: number;
  readonly loopMs: number;
}

await run(false);
await run(true);
const pairs: { readonly plain: Run; readonly hashed: Run }[] = [];
for (let round = 0; round < Number(rounds); round += 1) {
  // Alternating, with reversed order each time, so that neither always runs second.
  const first = await run(round % 2 === 0);
  const second = await run(round % 2 !== 0);
  pairs.push(round % 2 === 0 ? { hashed: first, plain: second } : { plain: first, hashed: second });
}
await close();
const megabytesPerSecond = ({ bytes, loopMs }: Run): number => bytes / 1e6 / (loopMs / 1000);
const show = (label: string, values: readonly number[], unit: string): void => {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  process.stdout.write(
    `${label}: ${(median(values) ?? Number.NaN).toFixed(2)} ${unit} (${low.toFixed(2)} to ${high.toFixed(2)})\n`,
  );
};
show(
  "without digest",
  pairs.map(({ plain }) => megabytesPerSecond(plain)),
  "MB/s of loop time",
);
show(
  "with digest",
  pairs.map(({ hashed }) => megabytesPerSecond(hashed)),
  "MB/s of loop time",
);
show(
  "the digest's own time",
  pairs.map(({ plain, hashed }) => ((hashed.loopMs - plain.loopMs) / hashed.bytes) * 1e6),
  "ms a MB",
);
show(
  "loop time with digest over without",
  pairs.map(({ plain, hashed }) => hashed.loopMs / plain.loopMs),
  "times",
);

/** Runs the export and measures its CPU time. Nothing waits here, so this is how long the event loop is busy. */
async function run(isHashed: boolean): Promise<Run> {
  const hash = createHash("sha256");
  let bytes = 0;
  const before = process.cpuUsage();
  for await (const chunk of runExport(plan, { signal: new AbortController().signal }).chunks) {
    if (isHashed) hash.update(chunk);
    bytes += chunk.byteLength;
  }
  hash.digest();
  const { user, system } = process.cpuUsage(before);
  return { bytes, loopMs: (user + system) / 1000 };
}
