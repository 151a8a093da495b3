/**
 * Measures the most memory of a server's processes together while a small and a large job are uploaded to S3.
 *
 *     node dist/dev/load/job-memory.js [rows of the large job]
 */
import { setTimeout as sleep } from "node:timers/promises";
import { processTree, residentBytes } from "../../bench/probe/process-tree.ts";
import { makeJob } from "./harness/make-job.ts";
import { startOwnServer } from "./harness/own-server.ts";
import { limitRunTime, mebibytes, numberArguments, PromiseLog } from "./harness/promise-log.ts";
import { startS3Service } from "./harness/s3-service.ts";

/** About 20 MB, and about 2 GB. */
const smallRows = 180_000;
const [largeRows] = numberArguments(18_000_000);
const mostGrowthBytes = 64 * 1024 ** 2;
const sampleMs = 50;

limitRunTime(1800 * 1000);
const verdict = new PromiseLog();
await using service = await startS3Service();
const small = await peakOf(smallRows);
const large = await peakOf(largeRows);
verdict.check(
  "a large job takes at most 64 MiB more than a small one",
  large - small <= mostGrowthBytes,
  mebibytes(large - small),
);
process.exitCode = verdict.exitCode;

/** The most resident memory of all processes of a fresh server while it makes a job of so many rows. */
async function peakOf(rows: number): Promise<number> {
  await using server = await startOwnServer(["--log-level", "warn", "--config", service.configuration]);
  let peakBytes = 0;
  const ending = new AbortController();
  const sampling = (async () => {
    while (!ending.signal.aborted) {
      peakBytes = Math.max(peakBytes, await residentBytes(await processTree(server.pid)));
      await sleep(sampleMs);
    }
  })();
  try {
    const { result } = await makeJob(server.origin, `orders?rows=${rows}`);
    verdict.note(`${mebibytes(result.bytes)} uploaded, all processes together`, mebibytes(peakBytes));
  } finally {
    ending.abort();
    await sampling;
  }
  return peakBytes;
}
