import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RedisEngine } from "../../../../src/job/engine/redis/redis-engine.ts";
import { endWithUs } from "../../../harness/children.ts";
import { noRedis, startRedis } from "../../../harness/redis.ts";
import { ended, makeEngines, request, running, until } from "./engines.ts";
import { sha256Of, textOf, type SharedFolderStore } from "./shared-folder-store.ts";

const program = fileURLToPath(new URL("../../../../fixtures/programs/run-jobs.js", import.meta.url));

/** Starts a process that runs jobs, and resolves when it does. */
async function startProcess(url: string, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, url, folder, "run"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithUs(child);
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Requests that Redis must answer. */
const questions: Readonly<Record<string, (engine: RedisEngine) => Promise<unknown>>> = {
  submit: (engine) => engine.submit(request("away", 10)),
  list: (engine) => engine.list(),
  get: (engine) => engine.get("somebody"),
  cancel: (engine) => engine.cancel("somebody"),
  lose: (engine) => engine.lose("somebody"),
};

describe("jobs whose processes or Redis die", { skip: noRedis, concurrency: 4 }, () => {
  it("takes over a job once whose process was killed, and fails it the second time", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ runsJobs: false });
    const { job } = await engine.submit(request("a1", 60_000));
    const first = await startProcess(redis.url, engines.folder);
    await running(engine, job.id);
    await kill(first);
    const second = await startProcess(redis.url, engines.folder);
    const again = await until(engine, job.id, ({ attempt }) => attempt === 2);
    assert.equal(again.state, "running");
    await kill(second);
    const third = await startProcess(redis.url, engines.folder);
    const failed = await ended(engine, job.id);
    assert.deepEqual([failed.state, failed.error?.code, failed.attempt], ["failed", "SCSV_JOB_STOPPED", 2]);
    const next = await engine.submit(request("a1", 10));
    assert.equal(next.isNew, true);
    assert.equal((await ended(engine, next.job.id)).state, "completed");
    await kill(third);
  });

  it("makes a job whose process was killed in another process", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ runsJobs: false });
    const { job } = await engine.submit(request("b1", 1500));
    const first = await startProcess(redis.url, engines.folder);
    await running(engine, job.id);
    await kill(first);
    await engines.open();
    const made = await ended(engine, job.id);
    assert.deepEqual([made.state, made.result?.sha256], ["completed", sha256Of(textOf("b1"))]);
    assert.equal(await engines.store.read(made), textOf("b1"));
  });

  it("cancels a job whose process was killed", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ runsJobs: false });
    const { job } = await engine.submit(request("c1", 60_000));
    const first = await startProcess(redis.url, engines.folder);
    await running(engine, job.id);
    await kill(first);
    await engine.cancel(job.id);
    await engines.open();
    assert.equal((await ended(engine, job.id)).state, "cancelled");
  });

  it("refuses requests while Redis is away or doesn't answer, and goes on when it is back", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    await engine.submit(request("d1", 10));
    await redis.kill();
    for (const [name, ask] of Object.entries(questions))
      await assert.rejects(ask(engine), { code: "SCSV_ENGINE_UNAVAILABLE", retryAfterSeconds: 5 }, name);
    await redis.start();
    await until(engine, (await submitted(engine, "d2")).id, ({ state }) => state === "completed");
    redis.freeze(true);
    await Promise.all(
      Object.entries(questions).map(([name, ask]) =>
        assert.rejects(ask(engine), { code: "SCSV_ENGINE_UNAVAILABLE", retryAfterSeconds: 5 }, name),
      ),
    );
    redis.freeze(false);
    assert.equal((await ended(engine, (await submitted(engine, "d3")).id)).state, "completed");
    const outages = engines.lines.filter(({ msg }) => msg === "Redis of the jobs fails");
    assert.ok(outages.length >= 1 && outages.length <= 4, `${outages.length} lines`);
    assert.ok(engines.lines.some(({ msg }) => msg === "Redis of the jobs is back"));
  });

  it("starts while Redis is away", async () => {
    await using redis = await startRedis();
    await redis.kill();
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    await assert.rejects(engine.list(), { code: "SCSV_ENGINE_UNAVAILABLE" });
    assert.deepEqual([(await engine.stats()).queued, (await engine.stats()).running], [0, 0]);
    await redis.start();
    assert.equal((await ended(engine, (await submitted(engine, "e1")).id)).state, "completed");
  });

  it("closes while Redis is away", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    const { job } = await engine.submit(request("f1", 60_000));
    await running(engine, job.id);
    await redis.kill();
    await engine.close();
    await redis.start();
    const other = await engines.open();
    assert.equal((await until(other, job.id, ({ attempt }) => attempt === 2)).state, "running");
    await other.cancel(job.id);
  });

  it("reports the end of a job that ended while Redis was away", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    const { job } = await engine.submit(request("g1", 1000));
    await begun(engines.store);
    await redis.kill();
    await sleep(1500);
    await redis.start();
    const made = await endedEventually(engine, job.id);
    assert.deepEqual([made.state, made.attempt], ["completed", undefined]);
    const lines = await engines.store.journal();
    assert.equal(lines.filter(({ what }) => what === "start").length, 1);
  });

  it("lets an attempt that lost its lock, but lives, end its job", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const one = await engines.open();
    const { job } = await one.submit(request("h1", 6000));
    await begun(engines.store);
    const other = await engines.open();
    await redis.kill();
    // Longer than the lock lasts.
    await sleep(2500);
    await redis.start();
    const made = await endedEventually(other, job.id);
    assert.deepEqual([made.state, made.attempt], ["completed", undefined]);
    assert.equal((await engines.store.journal()).filter(({ what }) => what === "start").length, 1);
  });

  it("ignores an attempt that comes back after another has taken its job over", async () => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ runsJobs: false });
    const { job } = await engine.submit(request("i1", 2000));
    const late = await startProcess(redis.url, engines.folder);
    await begun(engines.store);
    late.kill("SIGSTOP");
    await engines.open();
    const made = await ended(engine, job.id);
    assert.deepEqual([made.state, made.attempt], ["completed", 2]);
    late.kill("SIGCONT");
    const hasEnded = async (): Promise<boolean> =>
      (await engines.store.journal()).filter(({ what }) => what === "end").length === 2;
    while (!(await hasEnded())) await sleep(50);
    await sleep(500);
    assert.deepEqual(await engine.get(job.id), made);
    assert.equal(await engines.store.read(made), textOf("i1"));
    await assert.rejects(engines.store.read({ id: job.id }), { code: "ENOENT" }, "the late result is gone");
    await kill(late);
  });

  it("never logs the password of Redis", async () => {
    await using redis = await startRedis({ password: "s3cret/word" });
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    assert.equal((await ended(engine, (await submitted(engine, "j1")).id)).state, "completed");
    await using wrong = await makeEngines({ url: redis.url.replace("s3cret", "0ther") });
    const refused = await wrong.open();
    const error: unknown = await refused.list().catch((thrown: unknown) => thrown);
    await redis.kill();
    await assert.rejects(engine.list());
    const texts = [...engines.lines, ...wrong.lines, error, (error as Error).cause].map((each) =>
      each instanceof Error ? each.stack : JSON.stringify(each),
    );
    assert.ok(texts.some((text) => text?.includes("WRONGPASS")));
    for (const text of texts) assert.doesNotMatch(text ?? "", /s3cret|0ther|%2F/);
  });
});

/** Waits until an attempt has begun; one that is taken, but hasn't begun when Redis or its process goes, never does. */
async function begun(store: SharedFolderStore): Promise<void> {
  while ((await store.journal()).length === 0) await sleep(20);
}

async function submitted(engine: RedisEngine, key: string): Promise<{ readonly id: string }> {
  for (;;) {
    try {
      return (await engine.submit(request(key, 10))).job;
    } catch {
      await sleep(50);
    }
  }
}

/** Of a job whose Redis may still be starting. */
async function endedEventually(engine: RedisEngine, id: string): ReturnType<typeof ended> {
  for (;;) {
    try {
      return await ended(engine, id);
    } catch {
      await sleep(50);
    }
  }
}
