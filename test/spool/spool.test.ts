import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { StreamCsvError } from "../../src/errors.ts";
import type { FileMaker } from "../../src/spool/spool-file.ts";
import { builder, KiB, keyOf, makeSpool, namesIn, openSpool } from "./make-spool.ts";

const failing = builder(1, async (path) => {
  await writeFile(path, "half");
  throw new Error("the source failed");
});

test("builds a file once for concurrent requests, and not again for later ones", async () => {
  const { spool } = await makeSpool(1000);
  const maker = builder(100);
  const leases = await Promise.all([1, 2, 3].map(() => spool.acquire(keyOf("a"), maker)));
  const [first] = leases;
  assert.equal(maker.builds(), 1);
  assert.equal((await spool.acquire(keyOf("a"), maker)).file.path, first?.file.path);
  assert.equal(maker.builds(), 1);
});

test("gives a file its name only when it is complete, and leaves nothing of a failed build", async () => {
  const { spool, folder } = await makeSpool(1000);
  await assert.rejects(spool.acquire(keyOf("a"), failing), { message: "the source failed" });
  assert.deepEqual(await readdir(folder), []);
  const maker = builder(10);
  assert.equal((await spool.acquire(keyOf("a"), maker)).file.bytes, 10 * KiB);
});

test("removes the least recently used file to free space", async () => {
  const { spool } = await makeSpool(250);
  for (const letter of ["a", "b"]) (await spool.acquire(keyOf(letter), builder(100))).release();
  (await spool.acquire(keyOf("a"), builder(100))).release();
  (await spool.acquire(keyOf("c"), builder(100))).release();
  const again = builder(100);
  (await spool.acquire(keyOf("a"), again)).release();
  assert.equal(again.builds(), 0);
  (await spool.acquire(keyOf("b"), again)).release();
  assert.equal(again.builds(), 1);
  assert.ok(spool.usage.bytes <= 250 * KiB);
});

test("counts the disk space of files in addition to their bytes, so that small files are bounded too", async () => {
  const { spool, folder } = await makeSpool(100);
  const empty = builder(0);
  for (let file = 0; file < 40; file += 1)
    (await spool.acquire(String(file).padStart(64, "0"), empty)).release();
  const { files, bytes } = spool.usage;
  assert.equal((await readdir(folder)).length, 2 * files);
  // Two blocks each.
  assert.equal(files, 12);
  assert.equal(bytes, 12 * 8 * KiB);
});

test("keeps a file that is being sent, and refuses a file that then doesn't fit", async () => {
  const { spool } = await makeSpool(250);
  const { file, release } = await spool.acquire(keyOf("a"), builder(200));
  await assert.rejects(
    spool.acquire(keyOf("b"), builder(100)),
    (error: StreamCsvError) => error.code === "SCSV_BUSY",
  );
  assert.ok(existsSync(file.path));
  release();
  release();
  await spool.acquire(keyOf("b"), builder(100));
  assert.ok(!existsSync(file.path));
});

test("refuses a file larger than the whole spool, as too large rather than as busy", async () => {
  const { spool, folder } = await makeSpool(250);
  await assert.rejects(
    spool.acquire(keyOf("a"), builder(251)),
    (error: StreamCsvError) => error.code === "SCSV_SPOOL_SIZE",
  );
  assert.deepEqual(await readdir(folder), []);
});

test("takes over complete files of an earlier run, and checks their bytes once", async () => {
  const { spool, folder } = await makeSpool(1000);
  await spool.acquire(keyOf("a"), builder(100));
  const { spool: later } = await openSpool(folder, 1000);
  const maker = builder(100);
  const leases = [1, 2, 3].map(() => later.acquire(keyOf("a"), maker));
  assert.equal((await Promise.all(leases))[0]?.file.rows, 1);
  await later.acquire(keyOf("a"), maker);
  assert.deepEqual([maker.builds(), maker.checks()], [0, 1]);
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
});

test("removes partial files and files without a sidecar of an earlier run, and nothing else", async () => {
  const { folder } = await makeSpool(1000);
  await writeFile(join(folder, `${keyOf("b")}.1.part`), "half");
  await writeFile(join(folder, `${keyOf("c")}.2.txt`), "5 bytes, 1 ro");
  await writeFile(join(folder, `${keyOf("c")}.2.csv`), "12345");
  await writeFile(join(folder, `${keyOf("d")}.3.csv`), "text");
  await writeFile(join(folder, "notes.txt"), "somebody else's");
  await openSpool(folder, 1000);
  assert.deepEqual(await readdir(folder), ["notes.txt"]);
});

test("keeps the order of use over a restart", async () => {
  const { spool, folder } = await makeSpool(350);
  for (const letter of ["a", "b", "c"]) (await spool.acquire(keyOf(letter), builder(100))).release();
  // The oldest is used again, so the next one has become the oldest.
  (await spool.acquire(keyOf("a"), builder(100))).release();
  while ((await orderByTime(folder)).at(-1) !== "a") await new Promise((resolve) => setTimeout(resolve, 5));
  const { spool: later } = await openSpool(folder, 350);
  (await later.acquire(keyOf("d"), builder(100))).release();
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt", "c.csv", "c.txt", "d.csv", "d.txt"]);
});

/** First letters of the keys, by the time of their sidecars. */
async function orderByTime(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".txt"));
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs));
  return names
    .map((name, index) => [name.charAt(0), times[index] ?? 0] as const)
    .toSorted(([, left], [, right]) => left - right)
    .map(([letter]) => letter);
}

test("keeps only the last used of two files of one key from earlier runs", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { file } = await spool.acquire(keyOf("a"), builder(10));
  const older = join(folder, `${keyOf("a")}.older`);
  await writeFile(`${older}.csv`, await readFile(file.path));
  await writeFile(`${older}.txt`, await readFile(file.path.replace(/csv$/, "txt")));
  await utimes(`${older}.txt`, 1000, 1000);
  const { spool: later } = await openSpool(folder, 1000);
  assert.equal((await later.acquire(keyOf("a"), builder(10))).file.path, file.path);
  assert.equal(later.usage.files, 1);
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
});

/** A build that runs until it is stopped, and reports its start. */
function endless(): {
  readonly maker: FileMaker;
  readonly begun: Promise<void>;
  readonly stopped: () => boolean;
} {
  let begin = (): void => undefined;
  let isStopped = false;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const maker: FileMaker = {
    ...builder(1),
    build: async (path, room, signal) => {
      await room.reserve(10, 10);
      await writeFile(path, "half");
      begin();
      return await new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          isStopped = true;
          reject(signal.reason as Error);
        }),
      );
    },
  };
  return { maker, begun, stopped: () => isStopped };
}

test("stops a build when its last waiter leaves, not before, and leaves nothing of it", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { maker, begun, stopped } = endless();
  const clients = [new AbortController(), new AbortController()] as const;
  const waits = clients.map(({ signal }) => spool.acquire(keyOf("a"), maker, signal));
  await begun;
  clients[0].abort(new Error("left"));
  await assert.rejects(waits[0]!, { message: "left" });
  assert.equal(stopped(), false);
  clients[1].abort(new Error("left too"));
  await assert.rejects(waits[1]!, { message: "left too" });
  assert.equal(stopped(), true);
  // A later request gets the file of a new build, which begins when nothing of the first is left.
  const { file } = await spool.acquire(keyOf("a"), builder(20));
  assert.equal(file.bytes, 20 * KiB);
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
});

test("builds a file for a maker that needs no slot, although the build that it has joined finds none", async () => {
  const { spool } = await makeSpool(1000);
  const refused = builder(20, () => Promise.reject(new StreamCsvError("SCSV_BUSY", "There is no room.")));
  const first = spool.acquire(keyOf("a"), refused);
  const joined = spool.acquire(keyOf("a"), builder(20));
  const job = spool.acquire(keyOf("a"), { ...builder(20), needsNoSlot: true });
  await assert.rejects(first, { code: "SCSV_BUSY" });
  await assert.rejects(joined, { code: "SCSV_BUSY" });
  assert.equal((await job).file.bytes, 20 * KiB);
  await assert.rejects(spool.acquire(keyOf("b"), { ...refused, needsNoSlot: true }), { code: "SCSV_BUSY" });
  assert.equal(refused.builds(), 2);
});

test("stops running builds when it is closed, and starts no new ones", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { maker, begun } = endless();
  const waiting = spool.acquire(keyOf("a"), maker);
  await begun;
  const closing = spool.close(new Error("stopping"));
  await assert.rejects(waiting, { message: "stopping" });
  await closing;
  await assert.rejects(spool.acquire(keyOf("b"), builder(1)), { message: "stopping" });
  assert.deepEqual(await readdir(folder), []);
});

test("never reserves the same space for two builds, however many run concurrently", async () => {
  const { spool } = await makeSpool(500);
  for (const letter of ["a", "b", "c", "d"]) (await spool.acquire(keyOf(letter), builder(100))).release();
  const tries = await Promise.allSettled(
    ["5", "6", "7", "8", "9"].map((digit) => spool.acquire(keyOf(digit), builder(150))),
  );
  assert.equal(tries.filter(({ status }) => status === "fulfilled").length, 3);
  assert.ok(spool.usage.bytes <= 500 * KiB, `${spool.usage.bytes} bytes`);
});

test("grants a builder more than it needs only if that removes no other file", async () => {
  const { spool } = await makeSpool(300);
  (await spool.acquire(keyOf("a"), builder(100))).release();
  const granted: number[] = [];
  const maker: FileMaker = {
    ...builder(50),
    build: async (path, room, signal) => {
      granted.push(await room.reserve(10 * KiB, 8 * 1024 * KiB));
      return await builder(0).build(path, room, signal);
    },
  };
  (await spool.acquire(keyOf("b"), maker)).release();
  // The rest of 300 KiB after the first file and the additional blocks of both files.
  assert.deepEqual(granted, [(300 - 100 - 8 - 8) * KiB]);
  assert.equal(spool.usage.files, 2);
});
