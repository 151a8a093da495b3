import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RedisEngine } from "../../../../src/job/engine/redis/redis-engine.ts";
import { hasEnded, type JobRecord } from "../../../../src/job/job.ts";
import { endWithUs } from "../../../harness/children.ts";
import { noRedis, startRedis } from "../../../harness/redis.ts";
import { makeEngines, type Engines } from "./engines.ts";
import { sha256Of, textOf, type JournalLine } from "./shared-folder-store.ts";

const program = fileURLToPath(new URL("../../../../fixtures/programs/run-jobs.js", import.meta.url));
/** Of a run by hand, 200 or more. */
const jobs = Number(process.env["KILLED_JOBS"] ?? 60);
const submitters = 3;
const runners = 2;
const longestMs = 1200;

/** A process that is started again whenever it was killed. */
class Restarted {
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  kills = 0;

  constructor(args: readonly string[]) {
    this.#args = args;
    this.#start();
  }

  /** Kills it at once, and starts it again. */
  async killOnce(): Promise<void> {
    await this.stop();
    this.kills += 1;
    this.#start();
  }

  async stop(): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async ended(): Promise<void> {
    const child = this.#child!;
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 0);
  }

  #start(): void {
    this.#child = spawn(process.execPath, [program, ...this.#args], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    endWithUs(this.#child);
  }
}

describe("many jobs over several processes", { skip: noRedis }, () => {
  it("ends every job once while each process is killed at a random moment", async (t) => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const { processes, submitting } = startAll(redis.url, engines.folder);
    const engine = await engines.open({ runsJobs: false });
    await Promise.all(
      processes.map(async (each) => {
        await sleep(3000 + Math.random() * 20_000);
        await each.killOnce();
      }),
    );
    await Promise.all(submitting.map((each) => each.ended()));
    await expectEveryJobEnded(t, engines, engine);
    assert.deepEqual(new Set(processes.map(({ kills }) => kills)), new Set([1]));
    await Promise.all(processes.map((each) => each.stop()));
  });

  it("ends every job once while Redis is killed and started again", async (t) => {
    await using redis = await startRedis();
    await using engines = await makeEngines(redis);
    const { processes, submitting } = startAll(redis.url, engines.folder);
    for (const downMs of [100, 3000]) {
      await sleep(3000 + Math.random() * 3000);
      await redis.kill();
      await sleep(downMs);
      await redis.start();
    }
    await Promise.all(submitting.map((each) => each.ended()));
    const engine = await engines.open({ runsJobs: false });
    const states = await expectEveryJobEnded(t, engines, engine);
    assert.equal(states.get("completed"), jobs, "no process died, so no job failed");
    await Promise.all(processes.map((each) => each.stop()));
  });
});

function startAll(
  url: string,
  folder: string,
): { readonly processes: readonly Restarted[]; readonly submitting: readonly Restarted[] } {
  const share = (at: number): number =>
    Math.floor((jobs * (at + 1)) / submitters) - Math.floor((jobs * at) / submitters);
  const submitting = Array.from(
    { length: submitters },
    (_, at) => new Restarted([url, folder, "submit", `plan-${at}`, String(share(at)), String(longestMs)]),
  );
  const running = Array.from({ length: runners }, () => new Restarted([url, folder, "run"]));
  return { processes: [...submitting, ...running], submitting };
}

/** Waits for all jobs, and checks what must hold of each. */
async function expectEveryJobEnded(
  t: TestContext,
  engines: Engines,
  engine: RedisEngine,
): Promise<ReadonlyMap<string, number>> {
  const records = await allEnded(engine);
  const byId = new Map(records.map((record) => [record.id, record]));
  const promised = (await readFile(join(engines.folder, "submitted"), "utf8")).trim().split("\n");
  for (const line of promised) {
    const [id = "", key] = line.split(" ");
    assert.equal(byId.get(id)?.key, key, `the job ${id} was promised and is lost`);
  }
  const journal = await engines.store.journal();
  const states = new Map<string, number>();
  for (const record of records) {
    states.set(record.state, (states.get(record.state) ?? 0) + 1);
    if (record.state === "completed") {
      assert.equal(record.result?.sha256, sha256Of(textOf(record.key)));
      assert.equal(await engines.store.read(record), textOf(record.key));
    } else {
      assert.deepEqual([record.state, record.error?.code], ["failed", "SCSV_JOB_STOPPED"]);
    }
  }
  expectNoOverlap(journal);
  // A submitter that was killed asks again for what it had asked for, and gets the same job or, after a failure, a new one.
  const completed = records.filter(({ state }) => state === "completed");
  assert.equal(new Set(completed.map(({ key }) => key)).size, completed.length, "a plan was made twice");
  assert.equal(new Set(records.map(({ key }) => key)).size, jobs);
  const takenOver = records.filter(({ attempt = 1 }) => attempt > 1).length;
  t.diagnostic(`${records.length} jobs: ${JSON.stringify([...states])}, ${takenOver} taken over`);
  return states;
}

async function allEnded(engine: RedisEngine): Promise<readonly JobRecord[]> {
  for (;;) {
    const records = await engine.list().catch(() => []);
    if (records.length >= jobs && records.every(hasEnded)) return records;
    await sleep(200);
  }
}

/** No two attempts of one plan that publish run at the same time. */
function expectNoOverlap(journal: readonly JournalLine[]): void {
  const spans = new Map<string, { from: number; to: number }[]>();
  for (const { job, attempt, key, atMs } of journal.filter(({ what }) => what === "publish")) {
    const isOfIt = (line: JournalLine): boolean => line.job === job && line.attempt === attempt;
    const from = journal.find((line) => line.what === "start" && isOfIt(line))?.atMs ?? 0;
    const before = spans.get(key) ?? [];
    for (const span of before)
      assert.ok(atMs < span.from || from > span.to, `two attempts of ${key} that publish overlap`);
    spans.set(key, [...before, { from, to: atMs }]);
  }
}
