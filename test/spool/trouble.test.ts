import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import promises, {
  appendFile,
  lstat,
  mkdir,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { fileDigest } from "../../src/spool/builder/file-digest.ts";
import { spoolFault } from "../../src/spool/spool-fault.ts";
import { builder, coded, keyOf, makeSpool, namesIn, openSpool, sha256Of } from "./make-spool.ts";

/** Changes that another program may make to a kept file. */
const tampering: readonly (readonly [title: string, tamper: (path: string) => Promise<void>])[] = [
  ["was removed", (path) => rm(path)],
  ["was shortened", (path) => writeFile(path, "short")],
  ["has grown", (path) => appendFile(path, "x")],
  [
    "has another byte, and its old size and time",
    async (path) => {
      const { atime, mtime } = await stat(path);
      const bytes = await readFile(path);
      bytes[5] = 1;
      await writeFile(path, bytes);
      await utimes(path, atime, mtime);
    },
  ],
  [
    "was replaced by a link",
    async (path) => {
      await writeFile(`${path}.other`, await readFile(path));
      await rm(path);
      await symlink(`${path}.other`, path);
    },
  ],
  [
    "was replaced by a pipe",
    async (path) => {
      await rm(path);
      spawnSync("mkfifo", [path]);
    },
  ],
];
for (const [title, tamper] of tampering) {
  for (const when of ["while the server runs", "between two runs"]) {
    test(`rebuilds a file that ${title} ${when}, and never returns a wrong digest`, async () => {
      const { spool, folder } = await makeSpool(1000);
      const maker = builder(100);
      const { file, release } = await spool.acquire(keyOf("a"), maker);
      release();
      await tamper(file.path);
      const { spool: now } = when === "between two runs" ? await openSpool(folder, 1000) : { spool };
      const { file: again } = await now.acquire(keyOf("a"), maker);
      assert.equal(maker.builds(), 2);
      assert.equal(await fileDigest(again.path), again.sha256);
    });
  }
}

test("builds a file for those who wait for a check of others that finds it changed", async () => {
  const { spool } = await makeSpool(1000);
  const maker = builder(10);
  const { file, release } = await spool.acquire(keyOf("a"), maker);
  release();
  await writeFile(file.path, Buffer.alloc(10 * 1024, "x"));
  const { digest } = maker;
  // The check begins before the builders ask, and lasts until they wait for it.
  const begin = new EventEmitter();
  const begun = once(begin, "check");
  const slowly: typeof digest = async (kept, signal) => {
    begin.emit("check");
    await sleep(50);
    return await digest(kept, signal);
  };
  const checks = Promise.all([
    spool.acquire(keyOf("a"), { digest: slowly }),
    spool.acquire(keyOf("a"), { digest: slowly }),
  ]);
  await begun;
  const [built, shared] = await Promise.all([
    spool.acquire(keyOf("a"), maker),
    spool.acquire(keyOf("a"), maker),
  ]);
  const [checked, checkedToo] = await checks;
  assert.deepEqual([checked, checkedToo, maker.builds()], [undefined, undefined, 2]);
  assert.deepEqual([built.file.bytes, shared.file.path], [10 * 1024, built.file.path]);
  const lease = await spool.acquire(keyOf("a"), { digest });
  assert.equal(lease?.file.path, built.file.path);
  assert.equal(await spool.acquire(keyOf("b"), { digest }), undefined);
  // A folder in place of the file can't be removed.
  await rm(built.file.path);
  await mkdir(built.file.path);
  assert.equal(await spool.acquire(keyOf("a"), { digest }), undefined);
});

test("leases a file that was touched but not changed, after checking its bytes", async () => {
  const { spool } = await makeSpool(1000);
  const maker = builder(100);
  const { file } = await spool.acquire(keyOf("a"), maker);
  await utimes(file.path, 1000, 1000);
  await spool.acquire(keyOf("a"), maker);
  await spool.acquire(keyOf("a"), maker);
  assert.deepEqual([maker.builds(), maker.checks()], [1, 1]);
});

/** Faults of a single file, as a bad disk and a lost permission give, and shortages, which pass. */
const unreadable: readonly (readonly [code: string, end: "built again" | "SCSV_BUSY"])[] = [
  ["EIO", "built again"],
  ["EACCES", "built again"],
  ["EPERM", "built again"],
  ["EUCLEAN", "built again"],
  ["EMFILE", "SCSV_BUSY"],
  ["ENFILE", "SCSV_BUSY"],
];
for (const [code, end] of unreadable) {
  test(`answers a check of a kept file that fails with ${code} by: ${end}`, async () => {
    const { spool, told, folder } = await makeSpool(1000);
    const maker = builder(10);
    const { file, release } = await spool.acquire(keyOf("a"), maker);
    release();
    await utimes(file.path, 1000, 1000);
    const unreadableNow = { ...maker, digest: () => Promise.reject(coded(code)) };
    if (end === "SCSV_BUSY") {
      await assert.rejects(spool.acquire(keyOf("a"), unreadableNow), { code: end, status: 503 });
      assert.equal((await spool.acquire(keyOf("a"), maker)).file.path, file.path);
      assert.equal(maker.builds(), 1);
      return;
    }
    const { file: again } = await spool.acquire(keyOf("a"), unreadableNow);
    assert.notEqual(again.path, file.path);
    assert.equal(maker.builds(), 2);
    assert.deepEqual(told, ["SCSV_SPOOL_UNUSABLE"]);
    assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
  });
}

test("checks a file that somebody couldn't read, although its times are as before", async () => {
  const { spool } = await makeSpool(1000);
  const maker = builder(10);
  const { file, release } = await spool.acquire(keyOf("a"), maker);
  release();
  spool.doubt(keyOf("b"));
  spool.doubt(keyOf("a"));
  const { file: same, release: giveBack } = await spool.acquire(keyOf("a"), maker);
  giveBack();
  assert.deepEqual([same.path, maker.builds(), maker.checks()], [file.path, 1, 1]);
  spool.doubt(keyOf("a"));
  const { file: again } = await spool.acquire(keyOf("a"), {
    ...maker,
    digest: () => Promise.reject(coded("EIO")),
  });
  assert.notEqual(again.path, file.path);
  assert.equal(maker.builds(), 2);
});

test("doesn't take a bug of the check for a file that can't be read", async () => {
  const { spool, folder } = await makeSpool(1000);
  const maker = builder(10);
  const { file, release } = await spool.acquire(keyOf("a"), maker);
  release();
  await utimes(file.path, 1000, 1000);
  const buggy = { ...maker, digest: () => Promise.reject(new TypeError("a bug")) };
  await assert.rejects(spool.acquire(keyOf("a"), buggy), { name: "TypeError" });
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
});

test("builds a file anew, and all others, although its old one can't be removed, and tells that once", async () => {
  const { spool, told, folder } = await makeSpool(250);
  const { file, release } = await spool.acquire(keyOf("a"), builder(50));
  release();
  await rm(file.path);
  await mkdir(file.path);
  const { file: again, release: giveBack } = await spool.acquire(keyOf("a"), builder(50));
  assert.equal(sha256Of(await readFile(again.path)), again.sha256);
  giveBack();
  // Each needs the room of the one before. What can't be removed becomes the oldest meanwhile.
  for (const letter of "bcdefabcdef".split("")) (await spool.acquire(keyOf(letter), builder(50))).release();
  assert.deepEqual(told, ["SCSV_SPOOL_UNUSABLE"]);
  assert.equal((await stat(file.path)).isDirectory(), true);
  // The folder in place of the file counts as much as the file did.
  const { files, bytes } = spool.usage;
  assert.equal(bytes, (files + 1) * (50 + 8) * 1024);
  await rm(file.path, { recursive: true });
  (await spool.acquire(keyOf("9"), builder(200))).release();
  assert.deepEqual(await namesIn(folder), ["9.csv", "9.txt"]);
  assert.equal(spool.usage.bytes, 208 * 1024);
});

test("removes what a failed build has written as soon as it can be removed, and counts it until then", async () => {
  const { spool, told, folder } = await makeSpool(250, { removeAgainMs: 20 });
  let part = "";
  const failing = builder(50, async (path) => {
    part = path;
    // A folder stands for a file on a disk that can only be read: it can't be removed either.
    await mkdir(path);
    throw spoolFault(coded("EROFS"));
  });
  await assert.rejects(spool.acquire(keyOf("a"), failing), { code: "SCSV_SPOOL_UNUSABLE" });
  // Also in the midst of each attempt to remove it.
  for (const begunMs = performance.now(); performance.now() < begunMs + 100; await nextTurn())
    assert.deepEqual([spool.usage.files, spool.usage.bytes], [0, 58 * 1024]);
  assert.deepEqual(await namesIn(folder), ["a.part"]);
  // At once, since the next attempt would find nothing in between, and be the last.
  rmSync(part, { recursive: true });
  writeFileSync(part, "the beginning");
  for (let isLeft = true; isLeft; await sleep(5))
    isLeft = (await namesIn(folder)).length > 0 || spool.usage.bytes > 0;
  assert.deepEqual(new Set(told), new Set(["SCSV_SPOOL_UNUSABLE"]));
  assert.ok(told.length <= 2, told.join());
});

test("removes another file if the oldest, which nobody asks for, can't be removed", async () => {
  const { spool, told } = await makeSpool(250);
  const { file, release } = await spool.acquire(keyOf("a"), builder(50));
  release();
  await rm(file.path);
  await mkdir(file.path);
  for (const letter of "bcdefgbcdefg".split("")) (await spool.acquire(keyOf(letter), builder(50))).release();
  assert.deepEqual(told, ["SCSV_SPOOL_UNUSABLE"]);
  assert.ok(spool.usage.bytes <= 250 * 1024);
  // Nothing but what can't be removed is left, and too little room beside it.
  await assert.rejects(spool.acquire(keyOf("h"), builder(220)), { code: "SCSV_SPOOL_UNUSABLE", status: 503 });
});

test("may remove a file after its folder didn't show its stats for a while", async (t) => {
  const { spool, told } = await makeSpool(250);
  (await spool.acquire(keyOf("a"), builder(200))).release();
  // Not by the permissions of the folder, which root passes over.
  const refusing = t.mock.method(promises, "lstat", () => Promise.reject(coded("EACCES")));
  syncBuiltinESMExports();
  await assert.rejects(spool.acquire(keyOf("a"), builder(200)), { code: "SCSV_SPOOL_UNUSABLE" });
  refusing.mock.restore();
  syncBuiltinESMExports();
  (await spool.acquire(keyOf("b"), builder(200))).release();
  assert.equal(spool.usage.files, 1);
  assert.deepEqual(told, ["SCSV_SPOOL_UNUSABLE"]);
});

test("gives up on a file that another program keeps changing", async () => {
  const { spool, told } = await makeSpool(1000);
  const maker = builder(10, async (path, bytes) => {
    await writeFile(path, bytes);
  });
  const restless = {
    ...maker,
    digest: async ({ path }: { readonly path: string }) => {
      const digest = await fileDigest(path);
      await utimes(path, 1000, 1000);
      return digest;
    },
  };
  const { file } = await spool.acquire(keyOf("a"), restless);
  await utimes(file.path, 1000, 1000);
  await assert.rejects(spool.acquire(keyOf("a"), restless), { code: "SCSV_SPOOL_UNUSABLE" });
  assert.deepEqual(told, ["SCSV_SPOOL_UNUSABLE"]);
});

test("removes the least recently used files when the disk is full, and builds again", async () => {
  const { spool, folder } = await makeSpool(1000);
  for (const letter of ["a", "b", "c"]) (await spool.acquire(keyOf(letter), builder(100))).release();
  // A disk with space for two files.
  const onSmallDisk = builder(100, async (path, bytes, room) => {
    while ((await namesIn(folder)).filter((name) => name.endsWith(".csv")).length > 1)
      if (!(await room.freeDisk())) throw coded("ENOSPC");
    await writeFile(path, bytes);
  });
  await spool.acquire(keyOf("d"), onSmallDisk);
  assert.deepEqual(await namesIn(folder), ["c.csv", "c.txt", "d.csv", "d.txt"]);
  assert.equal(onSmallDisk.builds(), 1);
});

test("reports a full disk when no file can be removed, and leaves no partial file", async () => {
  const { spool, folder, told } = await makeSpool(1000);
  const lease = await spool.acquire(keyOf("a"), builder(100));
  const full = builder(100, async (path, bytes, room) => {
    await writeFile(path, bytes.subarray(0, 10));
    if (!(await room.freeDisk())) throw spoolFault(coded("ENOSPC"));
  });
  await assert.rejects(spool.acquire(keyOf("b"), full), { code: "SCSV_SPOOL_FULL", status: 507 });
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
  assert.deepEqual(told, ["SCSV_SPOOL_FULL"]);
  lease.release();
  await spool.acquire(keyOf("b"), builder(100));
});

test("creates a removed folder again, before or while a file is written", async () => {
  let folder = "";
  let remade = 0;
  const requireFolder = async (): Promise<boolean> => {
    if ((await lstat(folder).catch(() => undefined)) !== undefined) return false;
    await mkdir(folder, { mode: 0o700 });
    remade += 1;
    return true;
  };
  const made = await makeSpool(1000, { requireFolder });
  folder = made.folder;
  (await made.spool.acquire(keyOf("a"), builder(100))).release();
  await rm(folder, { recursive: true });
  (await made.spool.acquire(keyOf("a"), builder(100))).release();
  assert.equal(remade, 1);
  let isFirst = true;
  const interrupted = builder(100, async (path, bytes) => {
    await writeFile(path, bytes);
    if (isFirst) await rm(folder, { recursive: true });
    isFirst = false;
  });
  await made.spool.acquire(keyOf("b"), interrupted);
  assert.equal(remade, 2);
  assert.deepEqual(await namesIn(folder), ["b.csv", "b.txt"]);
  assert.equal(made.spool.usage.files, 1);
  assert.deepEqual(made.told, []);
});

test("writes files that only this user can read", async () => {
  const { spool, folder } = await makeSpool(1000);
  await spool.acquire(
    keyOf("a"),
    builder(1, (path, bytes) => writeFile(path, bytes, { mode: 0o600 })),
  );
  for (const name of await readdir(folder))
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
});

test("reads and removes nothing that isn't this user's regular file", async () => {
  const { spool, folder } = await makeSpool(1000);
  const { file } = await spool.acquire(keyOf("a"), builder(10));
  const secret = join(folder, "secret");
  await writeFile(secret, await readFile(file.path));
  const planted = join(folder, `${keyOf("b")}.planted`);
  await symlink(secret, `${planted}.csv`);
  await writeFile(`${planted}.txt`, await readFile(file.path.replace(/csv$/, "txt")));
  spawnSync("mkfifo", [join(folder, `${keyOf("c")}.pipe.txt`), join(folder, `${keyOf("c")}.pipe.part`)]);
  const { spool: later } = await openSpool(folder, 1000);
  assert.equal(later.usage.files, 1);
  const { file: own } = await later.acquire(keyOf("b"), builder(20));
  assert.equal(own.bytes, 20 * 1024);
  assert.equal(sha256Of(await readFile(secret)), file.sha256);
  const isLink = (await lstat(`${planted}.csv`)).isSymbolicLink();
  assert.equal(isLink, true);
});

test("takes over no file of another user", async () => {
  const { spool, folder } = await makeSpool(1000);
  await spool.acquire(keyOf("a"), builder(10));
  const uid = (process.getuid?.() ?? 0) + 1;
  const { spool: stranger } = await openSpool(folder, 1000, { uid });
  assert.equal(stranger.usage.files, 0);
  assert.deepEqual(await namesIn(folder), ["a.csv", "a.txt"]);
});
