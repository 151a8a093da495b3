import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { systemClock } from "../../../../src/clock.ts";
import { StreamCsvError } from "../../../../src/errors.ts";
import { connectRedis } from "../../../../src/job/engine/redis/connect-redis.ts";
import { OutageLog } from "../../../../src/job/engine/redis/outage-log.ts";
import { loadRedisPackages } from "../../../../src/job/engine/redis/redis-packages.ts";
import type { JobStore } from "../../../../src/job/job-store.ts";
import { noRedis, startRedis, type TestRedis } from "../../../harness/redis.ts";
import { ended, makeEngines, request, running, until } from "./engines.ts";
import { sha256Of, textOf } from "./shared-folder-store.ts";

describe("jobs on Redis", { skip: noRedis }, () => {
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(async () => {
    await redis[Symbol.asyncDispose]();
  });

  it("makes a job that one process submits in another, and shows its record to both", async () => {
    await using engines = await makeEngines(redis);
    const submitter = await engines.open({ runsJobs: false });
    const worker = await engines.open();
    const { job, isNew } = await submitter.submit(request("a1", 50, { owner: "acme", expectedRows: 100 }));
    assert.equal(isNew, true);
    assert.equal(job.state, "queued");
    const made = await ended(submitter, job.id);
    assert.equal(made.state, "completed");
    assert.deepEqual(made.result, { rows: 100, bytes: 400, guardedCells: 0, sha256: sha256Of(textOf("a1")) });
    assert.deepEqual([made.rows, made.bytes, made.error], [100, 400, null]);
    assert.equal(Date.parse(made.expiresAt!) - Date.parse(made.endedAt!), 60_000);
    assert.deepEqual(await worker.get(job.id), made);
    assert.equal(await engines.store.read(made), textOf("a1"));
    const line = engines.lines.find(({ msg }) => msg === "job completed");
    assert.deepEqual(
      [line?.["job"], line?.["export"], line?.["token"], line?.["rows"], line?.["bytes"]],
      [job.id, "invoices", "acme", 100, 400],
    );
    const { completed, rows, bytes } = await worker.stats();
    assert.deepEqual([completed, rows, bytes], [1, 100, 400]);
    assert.equal((await submitter.stats()).completed, 0);
  });

  it("takes no job before it begins", async () => {
    await using engines = await makeEngines(redis);
    await engines.open({ isBegun: false });
    const engine = await engines.open({ isBegun: false });
    const { job } = await engine.submit(request("a2", 10));
    await sleep(300);
    assert.equal((await engine.get(job.id)).state, "queued");
    engine.begin();
    assert.equal((await ended(engine, job.id)).state, "completed");
  });

  it("gives one job to requests for the same plan of one owner, from any process, until it has expired", async () => {
    await using engines = await makeEngines(redis);
    const one = await engines.open();
    const other = await engines.open({ runsJobs: false });
    const submitted = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? one : other).submit(request("b1", 300))),
    );
    assert.equal(new Set(submitted.map(({ job }) => job.id)).size, 1);
    assert.equal(submitted.filter(({ isNew }) => isNew).length, 1);
    const { id } = submitted[0]!.job;
    await running(one, id);
    assert.equal((await other.submit(request("b1", 300))).job.id, id);
    await ended(one, id);
    const again = await other.submit(request("b1", 300));
    assert.deepEqual([again.job.id, again.job.state, again.isNew], [id, "completed", false]);
    const refuse = (): void => {
      throw new StreamCsvError("SCSV_TOKEN_LIMIT", "No more.");
    };
    assert.equal((await one.submit(request("b1", 300), refuse)).job.id, id, "what is there needs no leave");
    await assert.rejects(one.submit(request("b2", 300), refuse), { code: "SCSV_TOKEN_LIMIT" });
    const another = await other.submit(request("b1", 10, { owner: "acme" }));
    assert.equal(another.isNew, true, "another owner has a job of its own");
    await ended(other, another.job.id);
    const lines = await engines.store.journal();
    assert.equal(lines.filter(({ what, job }) => what === "start" && job === id).length, 1);
  });

  it("makes a new job where the last one of the plan failed", async () => {
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    const { job } = await engine.submit(request("c1", 10, { export: "broken" }));
    const failed = await ended(engine, job.id);
    assert.equal(failed.state, "failed");
    assert.deepEqual(failed.error, {
      code: "SCSV_QUERY_FAILED",
      message: "The query failed (SQLSTATE 22012).",
    });
    assert.equal(failed.result, null);
    const again = await engine.submit(request("c1", 10));
    assert.notEqual(again.job.id, job.id);
    assert.equal((await ended(engine, again.job.id)).state, "completed");
    assert.equal(engines.lines.filter(({ msg }) => msg === "job failed").length, 1);
  });

  it("shows the progress of a running job to another process", async () => {
    await using engines = await makeEngines(redis);
    const submitter = await engines.open({ runsJobs: false });
    await engines.open();
    const { job } = await submitter.submit(request("d1", 1500));
    const seen = await until(submitter, job.id, ({ rows, state }) => rows > 0 || state === "completed");
    assert.equal(seen.state, "running");
    assert.ok(seen.bytes > 0);
  });

  it("cancels a running job from another process, and a queued one before it runs", async () => {
    await using engines = await makeEngines(redis);
    const submitter = await engines.open({ runsJobs: false });
    const worker = await engines.open({ settings: { concurrency: 1 } });
    const first = await submitter.submit(request("e1", 30_000));
    await running(submitter, first.job.id);
    const second = await submitter.submit(request("e2", 10));
    assert.equal((await submitter.cancel(second.job.id)).state, "cancelled");
    await submitter.cancel(first.job.id);
    const again = await submitter.submit(request("e1", 10));
    assert.notEqual(again.job.id, first.job.id, "a job that is being cancelled is nobody's answer");
    const cancelled = await ended(submitter, first.job.id);
    assert.deepEqual([cancelled.state, cancelled.error, cancelled.result], ["cancelled", null, null]);
    await assert.rejects(submitter.cancel(first.job.id), { code: "SCSV_JOB_ENDED" });
    await assert.rejects(submitter.cancel("nobody"), { code: "SCSV_UNKNOWN_JOB" });
    assert.equal((await ended(submitter, again.job.id)).state, "completed");
    const journal = await engines.store.journal();
    assert.deepEqual(
      journal.filter(({ job }) => job === second.job.id),
      [],
    );
    assert.equal((await worker.stats()).cancelled, 1);
    assert.equal((await submitter.stats()).cancelled, 1);
  });

  it("refuses jobs over the limit of the queue, and of one token", async () => {
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ runsJobs: false, settings: { queue: 101 } });
    const jobs = await Promise.all(
      Array.from({ length: 100 }, (_, at) => engine.submit(request(`f${at}`, 10, { owner: "acme" }))),
    );
    await assert.rejects(engine.submit(request("f100", 10, { owner: "acme" })), (error: unknown) => {
      assert.ok(error instanceof StreamCsvError);
      assert.equal(error.code, "SCSV_TOKEN_LIMIT");
      assert.ok(Number(error.retryAfterSeconds) >= 1);
      return true;
    });
    jobs.push(await engine.submit(request("f100", 10)));
    await assert.rejects(engine.submit(request("f101", 10)), (error: unknown) => {
      assert.ok(error instanceof StreamCsvError);
      assert.equal(error.code, "SCSV_JOB_QUEUE_FULL");
      assert.match(error.message, /101 jobs wait/);
      assert.ok(Number(error.retryAfterSeconds) >= 1);
      return true;
    });
    assert.equal((await engine.stats()).queued, 101);
    assert.equal((await engine.list())[0]?.key, "f100", "the latest first");
    const ofAcme = await engine.list("acme");
    assert.ok(ofAcme.every(({ owner }) => owner === "acme"));
    const listed = new Set(ofAcme.map(({ id }) => id));
    assert.ok(jobs.slice(0, 100).every(({ job }) => listed.has(job.id)));
    const ofNobody = await engine.list(null);
    assert.equal(ofNobody[0]?.key, "f100");
    assert.ok(ofNobody.every(({ owner }) => owner === null));
    await Promise.all(jobs.map(({ job }) => engine.cancel(job.id)));
    assert.equal((await engine.stats()).queued, 0);
  });

  it("takes with a queue of 0 the jobs that its process runs at once, and no others", async () => {
    await using engines = await makeEngines(redis);
    const settings = { queue: 0, concurrency: 2 };
    const engine = await engines.open({ settings });
    const jobs = [];
    for (const key of ["q1", "q2"]) jobs.push((await engine.submit(request(key, 30_000))).job);
    await assert.rejects(engine.submit(request("q3", 10)), { code: "SCSV_JOB_QUEUE_FULL" });
    for (const { id } of jobs) await running(engine, id);
    await assert.rejects(engine.submit(request("q3", 10)), { code: "SCSV_JOB_QUEUE_FULL" });
    for (const { id } of jobs) await engine.cancel(id);
    for (const { id } of jobs) await ended(engine, id);
    const next = await engine.submit(request("q3", 10));
    assert.equal((await ended(engine, next.job.id)).state, "completed");
    const asker = await engines.open({ settings, runsJobs: false });
    await assert.rejects(asker.submit(request("q4", 10)), { code: "SCSV_JOB_QUEUE_FULL" });
  });

  it("expires results once over all processes, and forgets them later", async () => {
    await using engines = await makeEngines(redis);
    const settings = { keepMs: 600 };
    const one = await engines.open({ settings });
    const other = await engines.open({ settings });
    const { job } = await one.submit(request("g1", 10));
    await ended(one, job.id);
    const expired = await until(other, job.id, ({ state }) => state === "expired");
    assert.equal(expired.result, null);
    const again = await one.submit(request("g1", 10));
    assert.equal(again.isNew, true);
    await ended(one, again.job.id);
    while ((await other.list()).some(({ id }) => id === job.id)) await sleep(50);
    await assert.rejects(one.get(job.id), { code: "SCSV_UNKNOWN_JOB" });
    const removals = (await engines.store.journal()).filter(
      ({ what, job: id }) => what === "remove" && id === job.id,
    );
    assert.equal(removals.length, 1);
    await assert.rejects(engines.store.read(job), { code: "ENOENT" });
  });

  it("removes a result later when its store fails at first", async () => {
    await using engines = await makeEngines(redis);
    const { store } = engines;
    const failing: JobStore = {
      kind: store.kind,
      make: (...args) => store.make(...args),
      adopt: () => store.adopt(),
      offer: (job) => store.offer(job),
      close: () => store.close(),
      remove: () => Promise.reject(new Error("the bucket is away")),
    };
    const engine = await engines.open({ store: failing, settings: { keepMs: 200 } });
    const { job } = await engine.submit(request("h1", 10));
    await until(engine, job.id, ({ state }) => state === "expired");
    const isTried = (): boolean =>
      engines.lines.some(({ msg }) => msg === "the result of a job couldn't be removed");
    while (!isTried()) await sleep(20);
    await sleep(600);
    assert.equal(
      (await engine.get(job.id)).state,
      "expired",
      "the record is needed until the result is gone",
    );
  });

  it("fails a completed job whose result is lost, so that the next request makes a new one", async () => {
    await using engines = await makeEngines(redis);
    const engine = await engines.open();
    const { job } = await engine.submit(request("i1", 10));
    await ended(engine, job.id);
    await engine.lose(job.id);
    const lost = await engine.get(job.id);
    assert.deepEqual([lost.state, lost.error?.code, lost.result], ["failed", "SCSV_JOB_RESULT_LOST", null]);
    const again = await engine.submit(request("i1", 10));
    assert.equal(again.isNew, true);
    await ended(engine, again.job.id);
  });

  it("hands running jobs back at its end, and another process makes them at once", async () => {
    await using engines = await makeEngines(redis);
    const one = await engines.open();
    const { job } = await one.submit(request("j1", 1000));
    await running(one, job.id);
    const other = await engines.open();
    await one.close();
    assert.equal(one.handedBack, 1);
    const made = await ended(other, job.id);
    assert.deepEqual([made.state, made.attempt], ["completed", 2]);
    assert.equal(await engines.store.read(made), textOf("j1"));
    await assert.rejects(one.submit(request("j2", 10)), { code: "SCSV_DRAINING" });
    const lines = (await engines.store.journal()).filter(({ job: id }) => id === job.id);
    const [started, endedAt, startedAgain] = lines;
    assert.deepEqual([started?.what, endedAt?.what, startedAgain?.what], ["start", "end", "start"]);
    assert.equal(lines.filter(({ what }) => what === "publish").length, 1);
  });

  it("lets running jobs end while it drains, and takes no other", async () => {
    await using engines = await makeEngines(redis);
    const one = await engines.open({ settings: { concurrency: 1 } });
    const first = await one.submit(request("k1", 500));
    await running(one, first.job.id);
    const second = await one.submit(request("k2", 10));
    await one.drain();
    assert.equal((await one.get(first.job.id)).state, "completed");
    assert.equal((await one.get(second.job.id)).state, "queued");
    await one.close();
    assert.equal(one.handedBack, 0);
    const other = await engines.open();
    assert.equal((await ended(other, second.job.id)).state, "completed");
  });

  it("puts a job into the queue that got lost between its record and the queue", async () => {
    await using engines = await makeEngines(redis);
    const submitter = await engines.open({ runsJobs: false });
    const { job } = await submitter.submit(request("l1", 10));
    await redis.command("DEL", `{stream-csv}:jobs:${job.id}`, "{stream-csv}:jobs:wait");
    await engines.open();
    assert.equal((await ended(submitter, job.id)).state, "completed");
  });

  it("takes over a job of a dead process whatever the clock of its machine says, or leaves it to others at its end", async () => {
    await using engines = await makeEngines(redis);
    const submitter = await engines.open({ runsJobs: false });
    const anHourAhead = { ...systemClock, wallMs: () => systemClock.wallMs() + 3_600_000 };
    const { job } = await submitter.submit(request("p1", 10));
    const at = `{stream-csv}:job:${job.id}`;
    const nowMs = String(Date.now());
    // What a process leaves that is killed while it runs the job, once BullMQ has put its entry back.
    const left = { state: "running", runner: "dead", attempt: "1", startedAt: nowMs, beat: nowMs };
    await redis.command("HSET", at, ...Object.entries(left).flat());
    await redis.command("SMOVE", "{stream-csv}:queued", "{stream-csv}:running", job.id);
    const ending = await engines.open({ clock: anHourAhead });
    while (!(await redis.command("HEXISTS", at, "suspect")).includes("1")) await sleep(5);
    await ending.close();
    const other = await engines.open({ clock: anHourAhead });
    const made = await ended(other, job.id);
    assert.deepEqual([made.state, made.attempt], ["completed", 2]);
  });

  it("expires results and counts anew after Redis has lost records of unfinished jobs", async () => {
    await using engines = await makeEngines(redis);
    const settings = { keepMs: 300 };
    const submitter = await engines.open({ runsJobs: false, settings });
    const many = await Promise.all(
      Array.from({ length: 100 }, (_, at) => submitter.submit(request(`m${at}`, 10, { owner: "evicted" }))),
    );
    for (const { job } of many) await redis.command("DEL", `{stream-csv}:job:${job.id}`);
    while ((await submitter.stats()).queued > 0) await sleep(20);
    const owned = await submitter.submit(request("m100", 10, { owner: "evicted" }));
    assert.equal(owned.isNew, true);
    const runner = await engines.open({ settings });
    await until(runner, owned.job.id, ({ state }) => state === "expired");
  });

  it("ends and expires jobs while the memory of Redis is full, and takes no new one", async () => {
    await using engines = await makeEngines(redis);
    const engine = await engines.open({ settings: { keepMs: 1000 } });
    const { job } = await engine.submit(request("o1", 500));
    await running(engine, job.id);
    try {
      await redis.command("CONFIG", "SET", "maxmemory", "1");
      await until(engine, job.id, ({ state }) => state === "completed");
      await until(engine, job.id, ({ state }) => state === "expired");
      await assert.rejects(engine.submit(request("o2", 10)), { code: "SCSV_ENGINE_UNAVAILABLE" });
      while ((await engine.list()).some(({ id }) => id === job.id)) await sleep(20);
    } finally {
      await redis.command("CONFIG", "SET", "maxmemory", "0");
    }
    assert.equal((await ended(engine, (await engine.submit(request("o2", 10))).job.id)).state, "completed");
  });

  it("closes at once while its store hangs over results to remove", async () => {
    await using engines = await makeEngines(redis);
    const { store } = engines;
    const tried: string[] = [];
    let giveUp = (): void => assert.fail("nothing hangs");
    const hanging: JobStore = {
      kind: store.kind,
      make: (...args) => store.make(...args),
      adopt: () => store.adopt(),
      offer: (job) => store.offer(job),
      close: () => store.close(),
      remove: async ({ id }) => {
        tried.push(id);
        await new Promise<void>((resolve) => (giveUp = resolve));
        throw new Error("the bucket is away");
      },
    };
    const engine = await engines.open({ store: hanging, settings: { keepMs: 200 } });
    for (const key of ["n1", "n2", "n3"]) await ended(engine, (await engine.submit(request(key, 10))).job.id);
    while (tried.length === 0) await sleep(20);
    // It would wait for the store for ever.
    await engine.close();
    giveUp();
    await sleep(100);
    assert.equal(tried.length, 1, "it begins no other removal");
  });

  it("looks for the new primary where a script fails on a replica, in the words of Redis 6 and 7", async () => {
    const outages = new OutageLog(pino({ level: "silent" }), systemClock, redis.url);
    for (const words of [
      "READONLY You can't write against a read only replica. script: f, on @user_script:1.",
      "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
    ]) {
      const { client, close } = connectRedis(await loadRedisPackages(), redis.url, "wait", outages);
      await once(client, "ready");
      const again = once(client, "ready");
      await assert.rejects(client.eval("return redis.error_reply(ARGV[1])", 0, words), /READONLY/);
      await again;
      await close();
    }
  });
});
