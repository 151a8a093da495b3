import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { StreamCsvError } from "../../src/errors.ts";
import { Spool, type BuildFile } from "../../src/spool/spool.ts";

const folders: string[] = [];
after(async () => {
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

/** Sizes are in these, since a file takes some disk space beside its bytes. */
const KiB = 1024;

async function makeSpool(limitKiB: number): Promise<{ readonly spool: Spool; readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), "spool-test-"));
  folders.push(folder);
  return { spool: await Spool.open(folder, limitKiB * KiB), folder };
}

const keyOf = (letter: string): string => letter.repeat(64);
const sha256 = "0".repeat(64);

function builder(kib: number): { readonly build: BuildFile; readonly calls: () => number } {
  const bytes = kib * KiB;
  let calls = 0;
  const build: BuildFile = async (path, reserve) => {
    calls += 1;
    reserve(bytes);
    await writeFile(path, Buffer.alloc(bytes));
    return { bytes, rows: 1, guardedCells: 0, sha256 };
  };
  return { build, calls: () => calls };
}

const failing: BuildFile = async (path) => {
  await writeFile(path, "half");
  throw new Error("the source failed");
};

test("builds a file once for all who ask at the same time, and not again for those who ask later", async () => {
  const { spool } = await makeSpool(1000);
  const { build, calls } = builder(100);
  const leases = await Promise.all([1, 2, 3].map(() => spool.acquire(keyOf("a"), build)));
  const [first] = leases;
  assert.equal(calls(), 1);
  assert.equal((await spool.acquire(keyOf("a"), build)).file.path, first?.file.path);
  assert.equal(calls(), 1);
});

test("shows a file under its name only when it is whole, and leaves nothing of a build that failed", async () => {
  const { spool, folder } = await makeSpool(1000);
  await assert.rejects(spool.acquire(keyOf("a"), failing), { message: "the source failed" });
  assert.deepEqual(await readdir(folder), []);
  const { build } = builder(10);
  assert.equal((await spool.acquire(keyOf("a"), build)).file.bytes, 10 * KiB);
});

test("drops the least recently used file to make room", async () => {
  const { spool } = await makeSpool(250);
  for (const letter of ["a", "b"]) (await spool.acquire(keyOf(letter), builder(100).build)).release();
  (await spool.acquire(keyOf("a"), builder(100).build)).release();
  (await spool.acquire(keyOf("c"), builder(100).build)).release();
  const again = builder(100);
  (await spool.acquire(keyOf("a"), again.build)).release();
  assert.equal(again.calls(), 0);
  (await spool.acquire(keyOf("b"), again.build)).release();
  assert.equal(again.calls(), 1);
  assert.ok(spool.usage.bytes <= 250 * KiB);
});

test("counts what files take on a disk beside their bytes, so that small ones are bounded as well", async () => {
  const { spool, folder } = await makeSpool(100);
  const empty = builder(0).build;
  for (let file = 0; file < 40; file += 1)
    (await spool.acquire(String(file).padStart(64, "0"), empty)).release();
  const { files, bytes } = spool.usage;
  assert.equal((await readdir(folder)).length, 2 * files);
  // Two blocks each.
  assert.equal(files, 12);
  assert.equal(bytes, 12 * 8 * KiB);
});

test("keeps a file that is being sent, and refuses what then doesn't fit", async () => {
  const { spool } = await makeSpool(250);
  const { file, release } = await spool.acquire(keyOf("a"), builder(200).build);
  await assert.rejects(
    spool.acquire(keyOf("b"), builder(100).build),
    (error: StreamCsvError) => error.code === "SCSV_BUSY",
  );
  assert.ok(existsSync(file.path));
  release();
  release();
  await spool.acquire(keyOf("b"), builder(100).build);
  assert.ok(!existsSync(file.path));
});

test("refuses a file larger than the whole spool, as too large rather than as busy", async () => {
  const { spool, folder } = await makeSpool(250);
  await assert.rejects(
    spool.acquire(keyOf("a"), builder(251).build),
    (error: StreamCsvError) => error.code === "SCSV_SPOOL_SIZE",
  );
  assert.deepEqual(await readdir(folder), []);
});

test("builds a file again that somebody removed or shortened", async () => {
  const { spool } = await makeSpool(1000);
  const { build, calls } = builder(100);
  const { file, release } = await spool.acquire(keyOf("a"), build);
  release();
  await rm(file.path);
  await spool.acquire(keyOf("a"), build);
  assert.equal(calls(), 2);
  await writeFile(file.path, "short");
  await spool.acquire(keyOf("a"), build);
  assert.equal(calls(), 3);
  assert.equal((await readFile(file.path)).byteLength, 100 * KiB);
});

test("takes over whole files of an earlier run and removes partial ones", async () => {
  const { spool, folder } = await makeSpool(1000);
  await spool.acquire(keyOf("a"), builder(100).build);
  await writeFile(join(folder, `${keyOf("b")}.part`), "half");
  await writeFile(join(folder, `${keyOf("c")}.txt`), "5 bytes, 1 ro");
  const later = await Spool.open(folder, 1000 * KiB);
  const { build, calls } = builder(100);
  assert.equal((await later.acquire(keyOf("a"), build)).file.rows, 1);
  assert.equal(calls(), 0);
  assert.deepEqual((await readdir(folder)).toSorted(), [`${keyOf("a")}.csv`, `${keyOf("a")}.txt`]);
});

/** A build that goes on until it is stopped, and tells when it has begun. */
function endless(): {
  readonly build: BuildFile;
  readonly begun: Promise<void>;
  readonly stopped: () => boolean;
} {
  let begin = (): void => undefined;
  let isStopped = false;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const build: BuildFile = async (path, reserve, signal) => {
    reserve(10);
    await writeFile(path, "half");
    begin();
    await new Promise((_, reject) =>
      signal.addEventListener("abort", () => {
        isStopped = true;
        reject(signal.reason as Error);
      }),
    );
    return { bytes: 0, rows: 0, guardedCells: 0, sha256 };
  };
  return { build, begun, stopped: () => isStopped };
}

test("stops a build when the last who waits for it leaves, not before, and leaves nothing of it", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { build, begun, stopped } = endless();
  const clients = [new AbortController(), new AbortController()] as const;
  const waits = clients.map(({ signal }) => spool.acquire(keyOf("a"), build, signal));
  await begun;
  clients[0].abort(new Error("left"));
  await assert.rejects(waits[0]!, { message: "left" });
  assert.equal(stopped(), false);
  clients[1].abort(new Error("left too"));
  await assert.rejects(waits[1]!, { message: "left too" });
  assert.equal(stopped(), true);
  // Whoever comes then gets a file of a build of its own, which begins when nothing of the first is left.
  const { file } = await spool.acquire(keyOf("a"), builder(20).build);
  assert.equal(file.bytes, 20 * KiB);
  assert.deepEqual((await readdir(folder)).toSorted(), [`${keyOf("a")}.csv`, `${keyOf("a")}.txt`]);
});

test("stops what is being built when it is closed, and builds nothing more", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { build, begun } = endless();
  const waiting = spool.acquire(keyOf("a"), build);
  await begun;
  const closing = spool.close(new Error("stopping"));
  await assert.rejects(waiting, { message: "stopping" });
  await closing;
  await assert.rejects(spool.acquire(keyOf("b"), builder(1).build), { message: "stopping" });
  assert.deepEqual(await readdir(folder), []);
});

test("removes a file of an earlier run that nothing is known of", async () => {
  const { folder } = await makeSpool(1000);
  await writeFile(join(folder, `${keyOf("d")}.csv`), "text");
  await writeFile(join(folder, "notes.txt"), "somebody else's");
  await Spool.open(folder, 1000 * KiB);
  assert.deepEqual(await readdir(folder), ["notes.txt"]);
});
