import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import promises, {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino, type Logger } from "pino";
import { StreamCsvError } from "../../../src/errors.ts";
import { LocalEngine } from "../../../src/job/engine/local/local-engine.ts";
import { hasEnded, type JobRecord, type JobRequest, type JobResult } from "../../../src/job/job.ts";
import type { JobMaking, JobOffer, JobStore, StoredJob } from "../../../src/job/job-store.ts";
import { readExportParameters } from "../../../src/export/parameters.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "jobs-"));
});
after(() => rm(root, { recursive: true, force: true }));

const result: JobResult = { rows: 3, bytes: 30, guardedCells: 0, sha256: "a".repeat(64) };

/** A store whose jobs end when the test says so. */
class HeldStore implements JobStore {
  readonly kind = "folder";
  readonly making = new Map<
    string,
    { readonly end: (error?: Error) => void; readonly signal: AbortSignal }
  >();
  readonly kept = new Set<string>();
  most = 0;

  make(job: JobMaking, { signal }: { readonly signal: AbortSignal }): Promise<JobResult> {
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        this.making.delete(job.id);
        if (error !== undefined) reject(error);
        else {
          this.kept.add(job.id);
          resolve(result);
        }
      };
      this.making.set(job.id, { end, signal });
      this.most = Math.max(this.most, this.making.size);
      signal.addEventListener("abort", () => end(signal.reason as Error), { once: true });
    });
  }

  adopt({ id }: StoredJob): Promise<boolean> {
    return Promise.resolve(this.kept.has(id));
  }

  offer(): Promise<JobOffer> {
    return Promise.resolve({ kind: "url", url: "http://127.0.0.1/", headUrl: "http://127.0.0.1/" });
  }

  remove({ id }: StoredJob): Promise<void> {
    this.kept.delete(id);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Opening {
  readonly folder?: string;
  readonly store?: HeldStore;
  readonly keepMs?: number;
  readonly concurrency?: number;
  readonly queue?: number;
  /** Whether it runs jobs at once. @default true */
  readonly isBegun?: boolean;
  readonly clock?: { nowMs(): number; wallMs(): number };
  readonly log?: Logger;
}

const systemTime = { nowMs: () => performance.now(), wallMs: () => Date.now() };

async function open(options: Opening = {}) {
  const { folder = join(root, randomUUID()), store = new HeldStore(), clock = systemTime } = options;
  const { keepMs = 3_600_000, concurrency = 2, queue = 10 } = options;
  const context = { folder, store, clock, uid: process.getuid?.(), newId: randomUUID };
  const engine = await LocalEngine.open({
    ...context,
    settings: { keepMs, concurrency, queue },
    log: options.log ?? pino({ level: "silent" }),
  });
  if (options.isBegun !== false) engine.begin();
  return { engine, store, folder, [Symbol.asyncDispose]: () => engine.close() };
}

const parameters = readExportParameters([["rows", "3"]]);

function request(key: string, owner: string | null = null): JobRequest {
  const text = { filename: "orders.csv", contentType: "text/csv" };
  return { export: "orders", parameters, version: null, key, owner, expectedRows: 3, ...text };
}

async function ended(engine: LocalEngine, id: string): Promise<JobRecord> {
  for (;;) {
    const job = await engine.get(id);
    if (hasEnded(job)) return job;
    await sleep(5);
  }
}

test("requests of one owner for one plan share a job while it waits, runs and is kept", async () => {
  await using opened = await open({ concurrency: 1 });
  const { engine, store } = opened;
  const first = await engine.submit(request("k1"));
  assert.equal(first.isNew, true);
  const [same, other, waiting] = await Promise.all([
    engine.submit(request("k1")),
    engine.submit(request("k1", "acme")),
    engine.submit(request("k2")),
  ]);
  assert.deepEqual([same.isNew, same.job.id], [false, first.job.id]);
  assert.notEqual(other.job.id, first.job.id);
  assert.equal((await engine.submit(request("k2"))).job.id, waiting.job.id);
  assert.equal(waiting.job.state, "queued");
  store.making.get(first.job.id)?.end();
  assert.equal((await ended(engine, first.job.id)).state, "completed");
  assert.equal((await engine.submit(request("k1"))).job.id, first.job.id);
});

test("one that failed or was cancelled is not shared", async () => {
  await using opened = await open();
  const { engine, store } = opened;
  const failing = await engine.submit(request("k1"));
  store.making.get(failing.job.id)?.end(new StreamCsvError("SCSV_QUERY_FAILED", "22012: division by zero"));
  const failed = await ended(engine, failing.job.id);
  assert.deepEqual([failed.state, failed.error?.code, failed.result], ["failed", "SCSV_QUERY_FAILED", null]);
  const again = await engine.submit(request("k1"));
  assert.equal(again.isNew, true);
  await engine.cancel(again.job.id);
  assert.equal((await ended(engine, again.job.id)).state, "cancelled");
  assert.equal((await engine.submit(request("k1"))).isNew, true);
});

test("the message of an internal error stays in the log", async () => {
  await using opened = await open();
  const { engine, store } = opened;
  const { job } = await engine.submit(request("k1"));
  store.making.get(job.id)?.end(new Error("ENOENT: /srv/secret"));
  const { error } = await ended(engine, job.id);
  assert.equal(error?.code, "SCSV_INTERNAL");
  assert.doesNotMatch(error.message, /secret/);
});

test("runs as many at once as it may, in the order of submission", async () => {
  await using opened = await open({ concurrency: 2 });
  const { engine, store } = opened;
  const jobs = [];
  for (const key of ["a", "b", "c", "d", "e"]) jobs.push((await engine.submit(request(key))).job);
  const order: string[] = [];
  while (order.length < jobs.length) {
    const [id, held] = [...store.making][0] ?? [];
    if (id === undefined || held === undefined) await sleep(5);
    else {
      order.push(id);
      held.end();
    }
  }
  assert.equal(store.most, 2);
  assert.deepEqual(
    order,
    jobs.map(({ id }) => id),
  );
});

test("refuses more than may wait, and more of one token than it may have", async () => {
  await using opened = await open({ concurrency: 1, queue: 2 });
  const { engine } = opened;
  for (const key of ["a", "b", "c"]) await engine.submit(request(key));
  await assert.rejects(engine.submit(request("d")), { code: "SCSV_JOB_QUEUE_FULL", message: /^2 jobs wait/ });
  await using wide = await open({ concurrency: 1, queue: 1000 });
  for (let n = 0; n < 100; n += 1) await wide.engine.submit(request(String(n), "acme"));
  await assert.rejects(wide.engine.submit(request("more", "acme")), { code: "SCSV_TOKEN_LIMIT" });
  assert.equal((await wide.engine.submit(request("more", "other"))).isNew, true);
});

test("cancels what waits and what runs, and refuses what has ended", async () => {
  await using opened = await open({ concurrency: 1 });
  const { engine, store } = opened;
  const running = await engine.submit(request("a"));
  const waiting = await engine.submit(request("b"));
  assert.equal((await engine.cancel(waiting.job.id)).state, "cancelled");
  await engine.cancel(running.job.id);
  assert.equal((await ended(engine, running.job.id)).state, "cancelled");
  assert.equal(store.making.size, 0);
  await assert.rejects(engine.cancel(running.job.id), { code: "SCSV_JOB_ENDED", message: /cancelled/ });
  await assert.rejects(engine.cancel("nobody's"), { code: "SCSV_UNKNOWN_JOB" });
  await assert.rejects(engine.get("nobody's"), { code: "SCSV_UNKNOWN_JOB" });
});

test("after a restart, what waited runs, what was completed stays, and what ran has failed", async () => {
  const first = await open({ concurrency: 1 });
  const { folder, store } = first;
  const done = await first.engine.submit(request("done"));
  store.making.get(done.job.id)?.end();
  await ended(first.engine, done.job.id);
  const running = await first.engine.submit(request("running"));
  const waiting = await first.engine.submit(request("waiting"));
  await first.engine.close();
  await using second = await open({ folder, store });
  assert.equal((await second.engine.get(done.job.id)).result?.sha256, result.sha256);
  const stopped = await second.engine.get(running.job.id);
  assert.deepEqual([stopped.state, stopped.error?.code], ["failed", "SCSV_JOB_STOPPED"]);
  assert.equal((await second.engine.get(waiting.job.id)).state, "running");
  assert.equal((await second.engine.submit(request("done"))).job.id, done.job.id);
});

test("what waits isn't touched until the engine begins, also when it never does", async () => {
  const first = await open({ isBegun: false });
  const { folder, store } = first;
  const { job } = await first.engine.submit(request("a"));
  await first.engine.close();
  assert.deepEqual([job.state, store.most], ["queued", 0]);
  await using second = await open({ folder, store });
  assert.equal((await second.engine.get(job.id)).state, "running");
});

test("after a kill, what ran has failed, and a result that is gone is failed too", async () => {
  const first = await open();
  const { folder, store } = first;
  const done = await first.engine.submit(request("done"));
  store.making.get(done.job.id)?.end();
  await ended(first.engine, done.job.id);
  const running = await first.engine.submit(request("running"));
  // Nothing of this run is closed; the next one reads what is on the disk.
  await sleep(50);
  await using second = await open({ folder, store: new HeldStore() });
  assert.equal((await second.engine.get(running.job.id)).error?.code, "SCSV_JOB_STOPPED");
  assert.equal((await second.engine.get(done.job.id)).error?.code, "SCSV_JOB_RESULT_LOST");
  assert.equal((await second.engine.submit(request("done"))).isNew, true);
  await first.engine.close();
});

test("a result expires, and its record later", async () => {
  let wallMs = Date.now();
  const clock = { nowMs: () => performance.now(), wallMs: () => wallMs };
  await using opened = await open({ clock, keepMs: 1000 });
  const { engine, store, folder } = opened;
  const { job } = await engine.submit(request("a"));
  store.making.get(job.id)?.end();
  await ended(engine, job.id);
  wallMs += 1001;
  while ((await engine.get(job.id)).state !== "expired") await sleep(20);
  assert.equal(store.kept.size, 0);
  assert.equal((await engine.submit(request("a"))).isNew, true);
  wallMs += 1001;
  while ((await engine.list()).some(({ id }) => id === job.id)) await sleep(20);
  while ((await readdir(folder)).includes(`${job.id}.json`)) await sleep(20);
});

test("a result that ended in the future, because the clock was set back, is kept from now on", async () => {
  const yearMs = 365 * 24 * 3_600_000;
  const nowMs = Date.now();
  let wallMs = nowMs + yearMs;
  const clock = { nowMs: () => performance.now(), wallMs: () => wallMs };
  const first = await open({ clock, keepMs: 3_600_000 });
  const { engine, store, folder } = first;
  const ids: string[] = [];
  for (const key of ["running server", "restart"]) {
    const { job } = await engine.submit(request(key));
    store.making.get(job.id)?.end();
    await ended(engine, job.id);
    ids.push(job.id);
    if (key === "restart") break;
    await sleep(1100);
    wallMs = nowMs;
    while ((await engine.get(job.id)).expiresAt !== new Date(nowMs + 3_600_000).toISOString())
      await sleep(20);
    assert.equal((await engine.get(job.id)).endedAt, new Date(nowMs).toISOString());
    wallMs = nowMs + yearMs;
  }
  await engine.close();
  wallMs = nowMs + 1000;
  await using second = await open({ clock, folder, store, keepMs: 3_600_000 });
  wallMs += 1;
  const redated = new Date(wallMs + 3_600_000).toISOString();
  while ((await second.engine.get(ids[1]!)).expiresAt !== redated) await sleep(20);
  assert.ok(store.kept.has(ids[1]!));
  wallMs += 3_600_001;
  while ((await second.engine.get(ids[1]!)).state !== "expired") await sleep(20);
  assert.equal(store.kept.size, 0);
});

test("a lost result makes room for another job of its plan", async () => {
  await using opened = await open();
  const { engine, store } = opened;
  const { job } = await engine.submit(request("a"));
  store.making.get(job.id)?.end();
  await ended(engine, job.id);
  await engine.lose(job.id);
  assert.equal((await engine.get(job.id)).error?.code, "SCSV_JOB_RESULT_LOST");
  assert.equal((await engine.submit(request("a"))).isNew, true);
});

test("lists the latest thousand, of all or of an owner, and forgets the oldest that have no result", async () => {
  await using opened = await open({ queue: 3000 });
  const { engine, store } = opened;
  const { job: early } = await engine.submit(request("early", "acme"));
  store.making.get(early.id)?.end();
  await ended(engine, early.id);
  const ids: string[] = [];
  for (let n = 0; n < 1010; n += 1) {
    const { job } = await engine.submit(request(String(n)));
    ids.push(job.id);
    await engine.cancel(job.id);
  }
  while ((await engine.stats()).cancelled < ids.length) await sleep(5);
  const listed = await engine.list();
  assert.equal(listed.length, 1000);
  assert.equal(listed[0]?.id, ids.at(-1));
  assert.deepEqual(
    (await engine.list("acme")).map(({ id }) => id),
    [early.id],
  );
  assert.deepEqual(await engine.list(null), listed);
  await assert.rejects(engine.get(ids[0]!), { code: "SCSV_UNKNOWN_JOB" });
});

test("a token's jobs count until they end, also over a restart", async () => {
  const first = await open({ concurrency: 1, queue: 1000 });
  const { folder, store } = first;
  const jobs: string[] = [];
  for (let n = 0; n < 100; n += 1) jobs.push((await first.engine.submit(request(String(n), "acme"))).job.id);
  await first.engine.cancel(jobs[50]!);
  jobs.push((await first.engine.submit(request("100", "acme"))).job.id);
  await assert.rejects(first.engine.submit(request("101", "acme")), { code: "SCSV_TOKEN_LIMIT" });
  await first.engine.close();
  await using second = await open({ folder, store, concurrency: 1, queue: 1000 });
  // The one that ran has failed.
  await second.engine.submit(request("102", "acme"));
  await assert.rejects(second.engine.submit(request("103", "acme")), { code: "SCSV_TOKEN_LIMIT" });
});

test("reads no records of others: links, large files, other names", async () => {
  const folder = join(root, randomUUID());
  await mkdir(folder);
  const outside = join(root, "outside.json");
  await writeFile(outside, JSON.stringify({ id: "x" }));
  await symlink(outside, join(folder, `${randomUUID()}.json`));
  await writeFile(join(folder, `${randomUUID()}.json`), " ".repeat(300_000));
  await writeFile(join(folder, "of-somebody.txt"), "kept");
  const lines: string[] = [];
  await using opened = await open({
    folder,
    log: pino({ level: "warn" }, { write: (line) => lines.push(line) }),
  });
  assert.deepEqual(await opened.engine.list(), []);
  assert.ok((await readdir(folder)).includes("of-somebody.txt"));
  assert.deepEqual(lines, []);
});

test("names the records that can't be read, as after a power cut, and leaves them", async () => {
  const folder = join(root, randomUUID());
  let whole = "";
  {
    await using first = await open({ folder, isBegun: false });
    const { job } = await first.engine.submit(request("a", "secret-of-acme"));
    whole = await readFile(join(folder, `${job.id}.json`), "utf8");
  }
  const garbled = [whole.slice(0, 200), "", "\0".repeat(500), "[1]", whole].map(
    (text) => [join(folder, `${randomUUID()}.json`), text] as const,
  );
  for (const [path, text] of garbled) await writeFile(path, text);
  const lines: string[] = [];
  await using second = await open({
    folder,
    log: pino({ level: "warn" }, { write: (line) => lines.push(line) }),
  });
  // The last one has the name of another job.
  assert.equal((await second.engine.list()).length, 1);
  const named = lines.map((line) => (JSON.parse(line) as { file: string; msg: string }).file);
  assert.deepEqual(named.toSorted(), garbled.map(([path]) => path).toSorted());
  for (const line of lines) assert.match(line, /the record of a job couldn't be read/);
  assert.doesNotMatch(lines.join(""), /secret-of-acme/);
  for (const [path, text] of garbled) assert.equal(await readFile(path, "utf8"), text);
});

test("a record holds no secret, and nobody else may read it", async () => {
  await using opened = await open();
  const { engine, folder } = opened;
  const { job } = await engine.submit(request("a", "acme"));
  const path = join(folder, `${job.id}.json`);
  const { mode } = await import("node:fs/promises").then(({ stat }) => stat(path));
  assert.equal(mode & 0o077, 0);
  assert.doesNotMatch(await readFile(path, "utf8"), /postgres:|source/);
});

const isRoot = process.getuid?.() === 0;

test(
  "a job that can't be written isn't promised",
  { skip: isRoot && "root may write anywhere" },
  async () => {
    await using opened = await open();
    await chmod(opened.folder, 0o500);
    await assert.rejects(opened.engine.submit(request("a")), { code: "SCSV_SPOOL_UNUSABLE" });
    assert.deepEqual(await opened.engine.list(), []);
    await chmod(opened.folder, 0o700);
  },
);

test("draining starts nothing more, and waits for what runs", async () => {
  await using opened = await open({ concurrency: 1 });
  const { engine, store } = opened;
  const running = await engine.submit(request("a"));
  const waiting = await engine.submit(request("b"));
  const drained = engine.drain();
  await assert.rejects(engine.submit(request("c")), { code: "SCSV_DRAINING" });
  store.making.get(running.job.id)?.end();
  await drained;
  assert.equal((await engine.get(running.job.id)).state, "completed");
  assert.equal((await engine.get(waiting.job.id)).state, "queued");
});

test("lists the latest first after a restart too, whether or not they have ended", async () => {
  const first = await open({ concurrency: 1, queue: 100 });
  const { folder, store } = first;
  const ids: string[] = [];
  for (const key of ["a", "b", "c", "d"]) {
    const { job } = await first.engine.submit(request(key));
    ids.push(job.id);
    if (key === "a" || key === "b") {
      store.making.get(job.id)?.end();
      await ended(first.engine, job.id);
    }
    // Times have milliseconds.
    await sleep(2);
  }
  await first.engine.close();
  await using second = await open({ folder, store, isBegun: false });
  const listed = (await second.engine.list()).map(({ id }) => id);
  assert.deepEqual(listed, ids.toReversed());
});

test("results that are kept for a shorter time than before expire before those", async () => {
  let wallMs = Date.now();
  const clock = { nowMs: () => performance.now(), wallMs: () => wallMs };
  const first = await open({ clock, keepMs: 86_400_000 });
  const { folder, store } = first;
  const long = await first.engine.submit(request("long"));
  store.making.get(long.job.id)?.end();
  await ended(first.engine, long.job.id);
  await first.engine.close();
  await using second = await open({ clock, folder, store, keepMs: 1000 });
  const short = await second.engine.submit(request("short"));
  store.making.get(short.job.id)?.end();
  await ended(second.engine, short.job.id);
  wallMs += 1001;
  while ((await second.engine.get(short.job.id)).state !== "expired") await sleep(20);
  assert.equal((await second.engine.get(long.job.id)).state, "completed");
});

test("a request after a cancellation gets a new job, also while the old one is still ending", async () => {
  class SlowStore extends HeldStore {
    override async make(job: JobMaking, options: { readonly signal: AbortSignal }): Promise<JobResult> {
      try {
        return await super.make(job, options);
      } finally {
        if (options.signal.aborted) await sleep(200);
      }
    }
  }
  await using opened = await open({ store: new SlowStore() });
  const { engine } = opened;
  const first = await engine.submit(request("a"));
  await engine.cancel(first.job.id);
  const second = await engine.submit(request("a"));
  assert.equal(second.isNew, true);
  assert.equal((await ended(engine, first.job.id)).state, "cancelled");
  assert.equal((await engine.submit(request("a"))).job.id, second.job.id);
});

/** A store that can't be reached while the test says so. */
class AwayStore extends HeldStore {
  isAway = false;
  /** Results that were looked for in vain. */
  looked = 0;

  override async adopt(job: StoredJob): Promise<boolean> {
    if (!this.isAway) return await super.adopt(job);
    this.looked += 1;
    throw new StreamCsvError("SCSV_STORE_UNAVAILABLE", "away");
  }

  override async remove(job: StoredJob): Promise<void> {
    if (this.isAway) throw new StreamCsvError("SCSV_STORE_UNAVAILABLE", "away");
    await super.remove(job);
  }
}

test("looks for one result only when it opens while their store can't be reached", async () => {
  const store = new AwayStore();
  const first = await open({ store, concurrency: 100, queue: 100 });
  const { folder } = first;
  for (let n = 0; n < 30; n += 1) {
    const { job } = await first.engine.submit(request(String(n)));
    store.making.get(job.id)?.end();
    await ended(first.engine, job.id);
  }
  await first.engine.close();
  store.isAway = true;
  await using second = await open({ folder, store });
  assert.equal(store.looked, 1);
  assert.equal((await second.engine.list()).filter(({ state }) => state === "completed").length, 30);
});

test("removes a result that couldn't be removed when it expired, later or after a restart", async () => {
  let wallMs = Date.now();
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: () => wallMs };
  const store = new AwayStore();
  const settings = { clock, store, keepMs: 1000 };
  const first = await open(settings);
  const { folder } = first;
  /** Makes a job, and waits until it expires while the store is away. */
  const expire = async (engine: LocalEngine, key: string): Promise<string> => {
    store.isAway = false;
    const { job } = await engine.submit(request(key));
    store.making.get(job.id)?.end();
    await ended(engine, job.id);
    store.isAway = true;
    wallMs += 1001;
    while ((await engine.get(job.id)).state !== "expired") await sleep(20);
    return job.id;
  };
  await expire(first.engine, "later");
  store.isAway = false;
  nowMs += 60_001;
  while (store.kept.size > 0) await sleep(20);
  const left = await expire(first.engine, "after a restart");
  await first.engine.close();
  assert.deepEqual([...store.kept], [left]);
  store.isAway = false;
  await using second = await open({ ...settings, folder });
  while (store.kept.size > 0) await sleep(20);
  assert.equal((await second.engine.get(left)).state, "expired");
});

test("expires results that are gone while their removals take longer than the interval between them", async () => {
  let wallMs = Date.now();
  const clock = { nowMs: () => performance.now(), wallMs: () => wallMs };
  /** Results that are gone, from a store that is slow to say so and slower to remove them. */
  class GoneStore extends HeldStore {
    isSlow = false;
    removing = 0;
    mostRemoving = 0;
    override async adopt(job: StoredJob): Promise<boolean> {
      if (!this.isSlow) return await super.adopt(job);
      await sleep(1);
      return false;
    }
    override async remove(job: StoredJob): Promise<void> {
      this.removing += 1;
      this.mostRemoving = Math.max(this.mostRemoving, this.removing);
      if (this.isSlow) await sleep(400);
      this.removing -= 1;
      await super.remove(job);
    }
  }
  const store = new GoneStore();
  const settings = { clock, store, keepMs: 1000 };
  const first = await open({ ...settings, concurrency: 100, queue: 100 });
  const { folder } = first;
  for (let n = 0; n < 60; n += 1) {
    const { job } = await first.engine.submit(request(String(n)));
    store.making.get(job.id)?.end();
    await ended(first.engine, job.id);
  }
  await first.engine.close();
  store.isSlow = true;
  wallMs += 2600;
  await using second = await open({ ...settings, folder });
  const countOf = async (state: JobRecord["state"]): Promise<number> =>
    (await second.engine.list()).filter((job) => job.state === state).length;
  while ((await countOf("completed")) > 0) await sleep(20);
  assert.ok((await countOf("expired")) > 0, "all were found to be gone before they expired");
  await sleep(3000);
  assert.ok(store.mostRemoving <= 2, "one that was looked for, and one that has expired");
});

test("writes the end of a job when its folder can be written to again", async () => {
  const first = await open();
  const { folder, store, engine } = first;
  const { job } = await engine.submit(request("a"));
  await rename(folder, `${folder}.away`);
  await writeFile(folder, "no folder");
  store.making.get(job.id)?.end();
  await ended(engine, job.id);
  await sleep(50);
  // In one step: between two, the engine would make a folder of its own.
  await symlink(`${folder}.away`, `${folder}.link`);
  await rename(`${folder}.link`, folder);
  const path = join(folder, `${job.id}.json`);
  while (!(await readFile(path, "utf8")).includes('"completed"')) await sleep(20);
  await engine.close();
  await using second = await open({ folder, store });
  assert.equal((await second.engine.get(job.id)).state, "completed");
});

test("leaves no file of a record that it couldn't write", async () => {
  await using opened = await open();
  const { folder, engine } = opened;
  await mkdir(folder, { recursive: true });
  const native = promises.rename;
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  Object.assign(promises, { rename: () => Promise.reject(full) });
  syncBuiltinESMExports();
  try {
    await assert.rejects(engine.submit(request("a")), { code: "SCSV_SPOOL_FULL" });
  } finally {
    Object.assign(promises, { rename: native });
    syncBuiltinESMExports();
  }
  assert.deepEqual(await readdir(folder), []);
});

test("leaves alone what others keep in its folder, and opens beside it", async () => {
  const folder = join(root, randomUUID());
  await mkdir(join(folder, "a-folder.part"), { recursive: true });
  await mkdir(join(folder, `${randomUUID()}.json.part`));
  await writeFile(join(folder, "film.part"), "of somebody");
  const half = `${randomUUID()}.json.part`;
  await writeFile(join(folder, half), "half a rec");
  const earlier = await readdir(folder);
  await using opened = await open({ folder });
  assert.deepEqual(await opened.engine.list(), []);
  assert.deepEqual((await readdir(folder)).toSorted(), earlier.filter((name) => name !== half).toSorted());
});

test("a queue of none takes a job that runs at once, and no other", async () => {
  await using opened = await open({ concurrency: 1, queue: 0 });
  const { engine } = opened;
  const { job } = await engine.submit(request("a"));
  assert.equal((await engine.get(job.id)).state, "running");
  await assert.rejects(engine.submit(request("b")), { code: "SCSV_JOB_QUEUE_FULL" });
});
