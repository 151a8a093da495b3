/**
 * Makes jobs on three `serve` and two `work` that share a Redis and an S3 service, while each of them and Redis are killed
 * and the service makes faults. Every job must end once, and no half-written result may be seen.
 *
 *     node dist/dev/load/job-machines.js [jobs] [seed]
 */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "../../bench/statistics/random.ts";
import { startPostgres } from "../postgres-server.ts";
import { noRedis, startRedis } from "../redis-server.ts";
import { limitRunTime, numberArguments, PromiseLog } from "./harness/promise-log.ts";
import { cancelElsewhere } from "./machines/cancel-elsewhere.ts";
import { Client } from "./machines/client.ts";
import { Machine, survivorsOf } from "./machines/fleet.ts";
import { startFaultyS3 } from "./machines/faulty-s3.ts";
import { countOverlaps, leftoversOf } from "./machines/judge-bucket.ts";
import { databaseExports, makePlans, tables, writeOrders, type Plan } from "./machines/plans.ts";

/** A plan that one owner wants, and the id of its job once that is submitted. */
interface Wanted {
  readonly plan: Plan;
  readonly owner: string;
  id: string | undefined;
}

const [jobs, seed] = numberArguments(200, Math.floor(Math.random() * 1e6));
const owners = ["amber", "basil"];
const killsWithinMs = 5000 + jobs * 250;
const redisDownMs = 2000;
/** Two jobs run on each of five processes. */
const slotsOfKilled = 10;

if (noRedis !== false) throw new Error(noRedis);
limitRunTime(900_000);
const verdict = new PromiseLog();
verdict.note("seed", seed);
const random = seededRandom(seed);
const started = startPostgres();
const postgres = typeof started === "string" ? undefined : started;
postgres?.run(tables);
const folder = await mkdtemp(join(tmpdir(), "stream-csv-machines-"));
const orders = join(folder, "orders.csv");
await writeOrders(orders);
const plans = await makePlans(Math.ceil(jobs / 2), orders, postgres, random);
await using redis = await startRedis();
await using service = await startFaultyS3(seed);
const config = join(folder, "stream-csv.json");
await writeFile(config, JSON.stringify(configuration()));
const flags = ["--config", config, "--log-level", "info"];
const serve = ["serve", "--port", "0", ...flags];
const machines = await Promise.all(
  [serve, serve, serve, ["work", ...flags], ["work", ...flags]].map((command) => Machine.start(command)),
);

const client = new Client(machines, random);
const wanted: readonly Wanted[] = plans
  .flatMap((plan) => owners.map((owner): Wanted => ({ plan, owner, id: undefined })))
  .slice(0, jobs);
const downloads = { whole: 0, refused: 0, cut: 0, wrong: [] as string[] };
const beganAtMs = performance.now();
const ending = new AbortController();
const downloading = keepDownloading();
const killing = [...machines.map(killAtRandom), killRedis()];
const isRepeated = await Promise.all(wanted.map(submitTwice));
const first = await Promise.all(wanted.map(({ id, owner }) => client.ended(id ?? "", owner)));
await Promise.all(killing);
verdict.note("all ended after", `${Math.round((performance.now() - beganAtMs) / 1000)} s`);
const failed = first.filter(({ state }) => state !== "completed");
verdict.check(
  "every job ends completed, or failed with a reason",
  first.every(({ state, error }) => state === "completed" || (state === "failed" && error !== null)),
  `${first.length - failed.length} completed, ${failed.length} failed ${JSON.stringify(countBy(failed.map(({ error }) => error?.code ?? "?")))}`,
);
verdict.check(
  "a plan that its owner submits twice is one job",
  isRepeated.every((isOne) => isOne),
  `${isRepeated.length} pairs`,
);
ending.abort();
await downloading;
service.calm();
const results = await Promise.all(
  wanted.map(async ({ owner, plan }, at) => {
    const job = first[at]!;
    if (job.state !== "completed") return { job, isRight: true, object: "" };
    const result = await client.download(job.id, owner);
    const isRight = result?.sha256 === plan.sha256 && job.result?.sha256 === plan.sha256;
    return { job, isRight, object: result?.object ?? "" };
  }),
);
const wrong = results.filter(({ isRight }) => !isRight).map(({ job }) => job.id);
verdict.check(
  "each completed result has the digest that was computed without a server",
  wrong.length === 0,
  wrong.length === 0 ? results.length - failed.length : wrong.join(" "),
);
verdict.check(
  "a download during all this is whole, refused or cut",
  downloads.wrong.length === 0,
  `${downloads.whole} whole, ${downloads.refused} refused, ${downloads.cut} cut, wrong: ${downloads.wrong.length}`,
);
verdict.note(
  "requests that were refused or had no answer",
  JSON.stringify(Object.fromEntries(client.refusals)),
);
verdict.check(
  "no request is answered with a 500, but by a worker of a killed server",
  client.internalErrors.length === 0,
  [client.internalErrors.length, ...new Set(client.internalErrors)].join(" "),
);
const errors = machines.flatMap(({ log }) =>
  log.filter(({ level }) => level === "error" || Number(level) >= 50),
);
verdict.note("lines of errors in the logs", `${errors.length} ${JSON.stringify(errors[0] ?? "")}`);

const survivors = await survivorsOf(
  machines.flatMap(({ killed }) => killed),
  15_000,
);
verdict.check("the processes of a killed one end too", survivors.length === 0, `${survivors.length} left`);
const report = await service.report();
const faults = countBy(report.requests.flatMap(({ fault, action }) => (fault ? [`${fault} ${action}`] : [])));
verdict.note("faults of the S3 service", JSON.stringify(faults));
const halves = report.objects.filter(
  ({ name, sha256 }) => !name.endsWith(".partial") && name.split("/").at(-2) !== sha256.slice(0, 16),
);
verdict.check("each object with a result's name is whole", halves.length === 0, halves.length);
const planOf = new Map(wanted.map(({ id, owner, plan }) => [id ?? "", `${owner} ${plan.path}`]));
const overlaps = countOverlaps(report, planOf);
verdict.check("no two uploads of a plan that both publish overlap", overlaps === 0, overlaps);
const taken = new Set(
  machines.flatMap(({ log }) =>
    log.flatMap(({ msg, job }) => (msg === "job taken over" ? [String(job)] : [])),
  ),
);
for (const { job } of results) if (job.state === "failed") taken.add(job.id);
const { unknown, explained } = leftoversOf(report, new Set(results.map(({ object }) => object)), taken);
verdict.check(
  "what is left in the bucket is of killed processes",
  unknown.length === 0 && explained.length <= 2 * slotsOfKilled,
  `${explained.length} explained, ${unknown.length} not ${unknown.join(" ")}`,
);
if (typeof started === "string") verdict.note("no query was cancelled", started);
else await cancelElsewhere(verdict, started, machines, serve, owners[0] ?? "");
await Promise.all(machines.map((machine) => machine[Symbol.asyncDispose]()));
const takenOver = machines.flatMap(({ log }) => log.filter(({ msg }) => msg === "job taken over")).length;
verdict.note("jobs taken over", takenOver);
postgres?.stop();
await rm(folder, { recursive: true });
process.exitCode = verdict.exitCode;

function configuration(): object {
  const store = { store: "s3://exports/load", endpoint: service.endpoint, forcePathStyle: true };
  const tokens = owners.map((name) => ({
    name,
    sha256: createHash("sha256").update(name).digest("hex"),
  }));
  return {
    tokens,
    jobs: { engine: redis.url, ...store, region: "us-east-1" },
    ...(postgres && { databases: { shop: { url: postgres.url } } }),
    exports: { orders: { file: orders }, ...(postgres && databaseExports) },
  };
}

/** Submits a job, and once more a little later at any server; whether both are one job. */
async function submitTwice(wish: Wanted): Promise<boolean> {
  const { plan, owner } = wish;
  await sleep(random() * killsWithinMs * 0.5);
  const { id } = await client.submit(plan.path, owner);
  wish.id = id;
  await sleep(random() * 3000);
  const again = await client.submit(plan.path, owner);
  if (again.id === id) return true;
  // A job that has failed may be made anew.
  return (await client.job(id, owner)).state === "failed";
}

async function killAtRandom(machine: Machine): Promise<void> {
  await sleep(2000 + random() * killsWithinMs);
  await machine.killOnce();
}

async function killRedis(): Promise<void> {
  await sleep(killsWithinMs / 2);
  await redis.kill();
  await sleep(redisDownMs);
  await redis.start();
}

async function keepDownloading(): Promise<void> {
  while (!ending.signal.aborted) {
    await sleep(100);
    const { id, owner, plan } = wanted[Math.floor(random() * wanted.length)]!;
    if (id === undefined) continue;
    const result = await client.download(id, owner);
    if (result === undefined) downloads.cut += 1;
    else if (result.status === 404) downloads.wrong.push(`${id} is lost`);
    else if (result.status !== 200) downloads.refused += 1;
    else if (result.sha256 === plan.sha256) downloads.whole += 1;
    else downloads.wrong.push(id);
  }
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
