/**
 * A process with an S3 service that makes faults by the seed of its first argument. It tells its endpoint, answers the
 * message "calm" by making no more faults and "report" with what happened, and ends with its parent.
 */
import { createHash } from "node:crypto";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { startS3Server, type S3Fault, type S3Request } from "../../s3-server.ts";
import type { FaultyS3Report } from "./faulty-s3.ts";

const random = seededRandom(Number(process.argv[2]));
const service = await startS3Server();
const seen: { action: string; name: string; atMs: number; fault?: string }[] = [];
let isCalm = false;

service.onRequest = (request) => {
  const { action, name } = request;
  const fault = isCalm ? undefined : faultOf(request);
  seen.push({ action, name, atMs: Date.now(), ...(fault !== undefined && { fault }) });
  return fault;
};

/** Of all requests 6 % are refused; of those that write, 6 % more lose their connection before or after they are done. */
function faultOf({ action, bytes }: S3Request): S3Fault | undefined {
  const at = random();
  if (at < 0.06) return at < 0.04 ? "broken" : "error";
  if ((action === "Put" || action === "PutPart") && bytes > 0 && at < 0.1) return "cut";
  return action !== "Get" && action !== "Head" && at < 0.12 ? "lost" : undefined;
}

async function report(): Promise<FaultyS3Report> {
  const objects = await Promise.all(
    (await service.objects()).map(async (name) => {
      const sha256 = createHash("sha256")
        .update(await service.contentOf(name))
        .digest("hex");
      return { name, sha256 };
    }),
  );
  return { requests: seen, objects, unfinished: await service.unfinished() };
}

process.on("message", (message) => {
  if (message === "calm") isCalm = true;
  else void report().then((told) => process.send?.(told));
});
process.once("disconnect", () => {
  void service[Symbol.asyncDispose]().then(() => process.exit());
});
process.send?.(service.endpoint);
