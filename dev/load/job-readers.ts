/**
 * Lets many slow readers download the result of a job, from a folder and by a redirect from S3, and counts the slots they hold.
 *
 *     node dist/dev/load/job-readers.js [readers] [seconds]
 */
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { makeJob } from "./harness/make-job.ts";
import { startOwnServer } from "./harness/own-server.ts";
import { limitRunTime, numberArguments, PromiseLog } from "./harness/promise-log.ts";
import { askJson, expectedText, open, readAgainst, type Reading } from "./harness/read-body.ts";
import { startS3Service } from "./harness/s3-service.ts";

const [readers, seconds] = numberArguments(500, 20);
const rows = "160000";
const bytesPerSecond = 20_000;

limitRunTime((seconds * 2 + 300) * 1000);
const verdict = new PromiseLog();
const text = await expectedText("orders", { rows });
const heldInFolder = await heldBy(["--no-config"]);
await using service = await startS3Service();
const heldInS3 = await heldBy(["--config", service.configuration]);
verdict.check("from a folder each reader holds a slot", heldInFolder === readers, heldInFolder);
verdict.check("by the redirect no reader holds one", heldInS3 === 0, heldInS3);
process.exitCode = verdict.exitCode;

/** The slots that are busy while all readers read; each must get its own bytes. */
async function heldBy(flags: readonly string[]): Promise<number> {
  await using server = await startOwnServer([
    "--slots",
    String(readers + 10),
    "--log-level",
    "warn",
    ...flags,
  ]);
  const { result } = await makeJob(server.origin, `orders?rows=${rows}`);
  const leaving = new AbortController();
  setMaxListeners(2 * readers, leaving.signal);
  const readings = Array.from({ length: readers }, (): Reading => ({
    bytes: 0,
    isRight: true,
    isComplete: false,
    bytesPerSecond,
  }));
  const bodies = readings.map(async (reading) => {
    let body = await open(server.origin + result.url, leaving.signal);
    const { location } = body.headers;
    if (body.statusCode === 303 && location !== undefined) {
      body.resume();
      body = await open(location, leaving.signal);
    }
    if (body.statusCode !== 200) throw new Error(`A reader was answered with ${body.statusCode}.`);
    await readAgainst(body, text, reading);
  });
  const outcomes = Promise.allSettled(bodies);
  while (readings.some(({ bytes }) => bytes === 0)) await Promise.race([sleep(50), Promise.all(bodies)]);
  await sleep(seconds * 1000);
  const { total } = await askJson<ServerStats>(`${server.origin}/stats`);
  const title = flags[0] === "--no-config" ? "from a folder" : "by the redirect";
  const right = readings.filter(({ isRight, bytes }) => isRight && bytes > 0).length;
  verdict.check(`${title} every reader gets its own bytes`, right === readers, right);
  leaving.abort();
  await outcomes;
  return total.busySlots;
}
