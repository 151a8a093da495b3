/**
 * How the processor time of an export falls while its code is compiled: starts `serve` with one worker, reads 20,000 rows of
 * `orders`, and then 100,000 at a time. Prints what each of these took the server's processes, as a multiple of the last ones.
 *
 *     node dist/dev/micro/warm-up.js [rounds]
 */
import { cpuSeconds, processTree } from "../../bench/probe/process-tree.ts";
import { median } from "../../bench/statistics/median.ts";
import { startOwnServer } from "../load/harness/own-server.ts";
import { readToEnd } from "./read-to-end.ts";

const exportCount = 24;
/** The last exports, after which nothing gets faster. */
const steadyCount = 8;

async function measure(): Promise<readonly number[]> {
  await using server = await startOwnServer(["--workers", "1", "--log-level", "warn"]);
  const port = Number(new URL(server.origin).port);
  const pids = await processTree(server.pid);
  await readToEnd(port, "/exports/orders.csv?rows=20000");
  const seconds: number[] = [];
  for (let index = 0; index < exportCount; index += 1) {
    const before = await cpuSeconds(pids);
    await readToEnd(port, "/exports/orders.csv?rows=100000");
    seconds.push((await cpuSeconds(pids)) - before);
  }
  return seconds;
}

const rounds: (readonly number[])[] = [];
for (let round = 0; round < Number(process.argv[2] ?? "5"); round += 1) rounds.push(await measure());
const each = Array.from({ length: exportCount }, (_, index) => median(rounds.map((one) => one[index]!)) ?? 0);
const steady = median(each.slice(-steadyCount)) ?? Number.NaN;
for (const [index, seconds] of each.entries())
  process.stdout.write(`${index * 100_000 + 20_000} rows before: ${(seconds / steady).toFixed(2)} ×\n`);
const million = each.slice(0, 10).reduce((sum, seconds) => sum + seconds, 0);
process.stdout.write(`the first million: ${(million / 10 / steady).toFixed(2)} × that of later ones\n`);
