import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { cliPath, startProgram, startServe, type RunningCli } from "../harness/cli.ts";
import { writeEndlessExport } from "../harness/endless-export.ts";
import { cancelJob, jobWhen, submit, type ToldJob } from "../harness/jobs.ts";
import { noRedis, startRedis, type TestRedis } from "../harness/redis.ts";
import { startS3Server, type S3Server } from "../../dev/s3-server.ts";

const password = "0pen-sesame";
/** Two jobs that run until they are cancelled. */
const endless = ["endless?dialect=unix", "endless?dialect=tsv"];

describe("work and serve on one Redis", { skip: noRedis }, () => {
  let folder: string;
  let config: string;
  let redis: TestRedis;
  let s3: S3Server;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "stream-csv-work-"));
    redis = await startRedis({ password });
    s3 = await startS3Server();
    const jobs = {
      engine: "env:JOBS_REDIS",
      store: `s3://${s3.bucket}/prod`,
      endpoint: s3.endpoint,
      forcePathStyle: true,
      region: "us-east-1",
      concurrency: 1,
    };
    config = await writeEndlessExport(folder, { jobs });
  });
  after(async () => {
    await s3[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const env = (): Record<string, string> => ({ JOBS_REDIS: redis.url });

  /** Starts `work`, and resolves when it is ready. */
  async function startWork(...flags: readonly string[]): Promise<RunningCli> {
    const args = [cliPath, "work", "--config", config, "--log-format", "json", ...flags];
    const work = startProgram(args, { env: env() });
    const line = await new Promise<string>((resolve) => {
      work.process.stdout.once("data", (text: string) => resolve(text));
    });
    assert.equal(line, `working on redis://127.0.0.1:${redis.port}\n`);
    return work;
  }

  it("makes what one process submits in another, and a client downloads it from the store", async () => {
    const work = await startWork("--concurrency", "3");
    await using server = await startServe(["--config", config, "--generated"], { env: env() });
    const told = await Promise.all(
      Array.from({ length: 6 }, (_, seed) => submit(server, `orders?rows=20000&seed=${seed}`)),
    );
    for (const { id } of told) {
      const done = await jobWhen(server, id);
      assert.equal(done.state, "completed");
      const answer = await fetch(`${server.url}/jobs/${id}.csv`, { redirect: "manual" });
      assert.equal(answer.status, 303);
      const text = await (await fetch(answer.headers.get("location") ?? "")).text();
      assert.equal(createHash("sha256").update(text).digest("hex"), done.result?.sha256);
      const head = await fetch(`${server.url}/jobs/${id}.csv`, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(text)));
    }
    work.process.kill("SIGTERM");
    const { exitCode, stderr } = await work.ended;
    assert.equal(exitCode, 0);
    assert.match(stderr, /job completed/, "both take jobs");
    assert.ok(!stderr.includes(password));
    assert.ok(!server.stderr().includes(password));
  });

  it("hands its jobs to another process when they don't end within the drain time-out", async () => {
    const first = await startWork("--drain-timeout", "100ms");
    await using server = await startServe(["--config", config, "--generated"], { env: env() });
    const jobs = await Promise.all(endless.map((path) => submit(server, path)));
    for (const { id } of jobs) await jobWhen(server, id, ({ rows }) => rows > 0);
    first.process.kill("SIGTERM");
    const { exitCode, stderr } = await first.ended;
    assert.equal(exitCode, 1);
    assert.match(stderr, /job handed back/);
    const second = await startWork();
    for (const { id } of jobs)
      await jobWhen(server, id, ({ state, rows }) => state === "running" && rows > 0);
    for (const { id } of jobs) assert.equal(await cancelJob(server, id), 202);
    for (const { id } of jobs) assert.equal((await jobWhen(server, id)).state, "cancelled");
    second.process.kill("SIGINT");
    assert.equal((await second.ended).exitCode, 0);
    assert.deepEqual(await s3.unfinished(), []);
  });

  it("stops at once at a second signal", async () => {
    const work = await startWork();
    await using server = await startServe(["--config", config, "--generated"], { env: env() });
    const jobs = await Promise.all(endless.map((path) => submit(server, path)));
    for (const { id } of jobs) await jobWhen(server, id, ({ rows }) => rows > 0);
    work.process.kill("SIGTERM");
    await sleep(300);
    assert.equal(work.process.exitCode, null, "its job still runs");
    work.process.kill("SIGTERM");
    assert.equal((await work.ended).exitCode, 143);
    for (const { id } of jobs) assert.equal(await cancelJob(server, id), 202);
    for (const { id } of jobs) assert.equal((await jobWhen(server, id)).state, "cancelled");
  });

  it("refuses jobs with a 503 while Redis is away, streams on, and takes jobs when it is back", async () => {
    await using server = await startServe(["--config", config, "--generated"], { env: env() });
    await jobWhen(server, (await submit(server, "orders?rows=100&seed=99")).id);
    await redis.kill();
    for (const [method, path] of [
      ["POST", "/exports/orders/jobs?rows=5"],
      ["GET", "/jobs"],
      ["GET", "/jobs/00000000-0000-0000-0000-000000000000"],
      ["DELETE", "/jobs/00000000-0000-0000-0000-000000000000"],
    ] as const) {
      const answer = await fetch(`${server.url}${path}`, { method });
      assert.equal(answer.status, 503, path);
      assert.ok(Number(answer.headers.get("retry-after")) >= 1);
      assert.equal(((await answer.json()) as { code: string }).code, "SCSV_ENGINE_UNAVAILABLE");
    }
    assert.equal((await fetch(`${server.url}/exports/orders.csv?rows=5`)).status, 200);
    assert.equal((await fetch(`${server.url}/stats`)).status, 200);
    await redis.start();
    let answer = await fetch(`${server.url}/exports/orders/jobs?rows=5`, { method: "POST" });
    while (answer.status === 503) {
      await sleep(50);
      answer = await fetch(`${server.url}/exports/orders/jobs?rows=5`, { method: "POST" });
    }
    const { id } = (await answer.json()) as ToldJob;
    assert.equal((await jobWhen(server, id)).state, "completed");
  });

  it("starts while Redis is away, and says what is the matter", async () => {
    await redis.kill();
    const args = [cliPath, "work", "--config", config, "--log-format", "json"];
    const work = startProgram(args, { env: env() });
    while (!work.stderr().includes("Redis of the jobs fails")) await sleep(20);
    await redis.start();
    await new Promise((resolve) => {
      work.process.stdout.once("data", resolve);
    });
    work.process.kill("SIGTERM");
    const { exitCode, stderr } = await work.ended;
    assert.equal(exitCode, 0);
    assert.match(stderr, /ECONNREFUSED/);
    assert.ok(!stderr.includes(password));
  });
});
