import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Batch } from "../../../src/csv/batch.ts";
import type { Source } from "../../../src/source/source.ts";
import { endWithUs } from "../../harness/children.ts";
import { csvOf, makeDatabase, readerProcesses, skip, sqlSource, testFolder } from "./sqlite-file.ts";

const folder = testFolder();
after(() => folder.remove());

const series =
  "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, hex(randomblob(50)) AS t FROM c";
/** It gives no row for hours. */
const counting = `SELECT count(*) AS n FROM (${series})`;

function emptyDatabase(): string {
  return makeDatabase(folder.path("empty.sqlite"), "CREATE TABLE IF NOT EXISTS t (n)");
}

function begin(source: Source, abort: AbortController): AsyncIterator<Batch> {
  return source.read({ signal: abort.signal })[Symbol.asyncIterator]();
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isTrue(); await sleep(10))
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
}

/** Readers that aren't kept for the next request. */
async function untilOnlyIdle(): Promise<void> {
  await until("no process but the idle ones is left", () => readerProcesses().length <= 2);
}

test("kills the process of a query that has given no row yet", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), counting);
  const abort = new AbortController();
  const first = begin(source, abort).next();
  await sleep(200);
  const [reader] = readerProcesses();
  assert.ok(reader !== undefined);
  abort.abort(new Error("the client has left"));
  await assert.rejects(first, { message: "the client has left" });
  assert.ok(!readerProcesses().includes(reader));
});

/** Processes of this one, also those that have ended and weren't waited for. */
function children(): number {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return new RegExp(`^PPid:\\s*${process.pid}$`, "m").test(readFileSync(`/proc/${name}/status`, "utf8"));
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }).length;
}

test("has no more processes than it may, also while it kills some", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  const readEight = async (abort: AbortController): Promise<void> => {
    await Promise.all(Array.from({ length: 8 }, async () => await begin(source, abort).next()));
  };
  const first = new AbortController();
  await readEight(first);
  assert.equal(children(), 8);
  first.abort(new Error("the clients have left"));
  const second = new AbortController();
  try {
    const begun = readEight(second);
    const counts: number[] = [];
    while (counts.length < 20) {
      counts.push(children());
      await sleep(0);
    }
    await begun;
    assert.ok(Math.max(...counts) <= 8, `${counts.join(", ")} processes`);
  } finally {
    second.abort(new Error("these too"));
  }
});

test("kills the process of a reading whose rows nobody takes", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  const abort = new AbortController();
  const rows = begin(source, abort);
  assert.equal((await rows.next()).done, false);
  const readers = readerProcesses();
  abort.abort(new Error("the client has left"));
  // Nobody asks for another batch.
  await until("the process is gone", () => readerProcesses().length < readers.length);
  await assert.rejects(async () => await rows.next(), { message: "the client has left" });
});

test("kills the process when the iteration is ended early or the source is closed", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  const ended = begin(source, new AbortController());
  await ended.next();
  const before = readerProcesses().length;
  await ended.return?.();
  assert.equal(readerProcesses().length, before - 1);
  const closed = begin(source, new AbortController());
  await closed.next();
  await source.close();
  assert.equal(readerProcesses().length, before - 1);
  await assert.rejects(async () => await closed.next(), { code: "SCSV_CANCELLED" });
});

test("loses no place over aborts at random moments", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  for (let count = 0; count < 15; count += 1) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error("left")), ((count * 7919) % 90) + 1);
    await assert.rejects(async () => {
      for await (const batch of source.read({ signal: abort.signal })) assert.ok(batch.rowCount > 0);
    }, /left/);
    clearTimeout(timer);
  }
  await untilOnlyIdle();
  // More readings at once than there are places: some wait, and all come to their end.
  const small = await sqlSource(emptyDatabase(), "VALUES (1)");
  const texts = await Promise.all(Array.from({ length: 20 }, () => csvOf(small, { header: false })));
  assert.deepEqual(new Set(texts), new Set(["1\n"]));
  await untilOnlyIdle();
});

test("uses a process again for the next reading", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), "VALUES (1)");
  await csvOf(source);
  const before = readerProcesses();
  await csvOf(source);
  assert.deepEqual(readerProcesses(), before);
});

test("fails when the process is killed by somebody else", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  const idle = readerProcesses();
  const one = begin(source, new AbortController());
  const other = begin(source, new AbortController());
  await Promise.all([one.next(), other.next()]);
  for (const reader of new Set([...readerProcesses(), ...idle])) process.kill(reader, "SIGKILL");
  for (const rows of [one, other])
    await assert.rejects(
      async () => {
        for (let step = await rows.next(); step.done !== true; step = await rows.next());
      },
      { code: "SCSV_WORKER_FAILED", message: /SIGKILL/ },
    );
  assert.equal(await csvOf(await sqlSource(emptyDatabase(), "VALUES (1)"), { header: false }), "1\n");
});

test("ends the process when its parent is killed, also in the middle of a query", { skip }, async () => {
  const program = fileURLToPath(new URL("../../../fixtures/programs/read-sqlite.js", import.meta.url));
  const child = spawn(process.execPath, [program, emptyDatabase(), counting], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  endWithUs(child);
  await once(child.stdout, "data");
  const id = child.pid ?? 0;
  await until("it reads", () => readerProcesses(id).length === 1);
  const [reader = 0] = readerProcesses(id);
  await sleep(300);
  child.kill("SIGKILL");
  await until("the reader is gone", () => !isAlive(reader));
});

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}

test("stops while nobody takes the rows, and keeps memory flat", { skip }, async () => {
  const source = await sqlSource(emptyDatabase(), series);
  const abort = new AbortController();
  const rows = begin(source, abort);
  await rows.next();
  await sleep(300);
  const beforehand = process.memoryUsage().arrayBuffers;
  await sleep(500);
  const grown = process.memoryUsage().arrayBuffers - beforehand;
  abort.abort();
  assert.ok(grown < 4 * 1024 ** 2, `${grown} bytes`);
});
