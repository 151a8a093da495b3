import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import type { StreamCsvError } from "../../../src/errors.ts";
import {
  atFirstLook,
  isAbandoned,
  lockFolder,
  lockTimes,
  type FolderLock,
} from "../../../src/spool/folder/folder-lock.ts";
import { formatHolder, ownHolder, type LockHolder } from "../../../src/spool/folder/lock-holder.ts";

const uid = process.getuid?.();
/** Like a server's times, but shorter. */
const times = { refreshMs: 60, staleMs: 400, patienceMs: 5000 };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-test-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const lockPath = (number = 7): string => join(folder, `.stream-csv.lock.${number}`);
const lock = (): Promise<FolderLock> => lockFolder(folder, uid, times);

async function plant(change: Partial<LockHolder>, refreshedAtMs = Date.now()): Promise<void> {
  await writeFile(lockPath(), formatHolder({ ...(await ownHolder("planted")), ...change }));
  await utimes(lockPath(), refreshedAtMs / 1000, refreshedAtMs / 1000);
}

/** A process id that was in use, but no longer is. */
function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("lets one holder lock a folder at a time, names the holder, and locks it again when it is free", async () => {
  const first = await lock();
  await assert.rejects(lock(), (error: StreamCsvError) => {
    assert.equal(error.code, "SCSV_SPOOL_UNUSABLE");
    assert.match(error.message, new RegExp(`process ${process.pid} on `));
    return true;
  });
  assert.equal(await isAbandoned(folder, uid, atFirstLook), false);
  assert.equal(await first.isHeld(), true);
  await first.release();
  assert.equal(await first.isHeld(), false);
  assert.deepEqual(await readdir(folder), []);
  await (await lock()).release();
});

const longAgo = Date.now() - 3_600_000;
const deadLocks: readonly (readonly [title: string, plantIt: () => Promise<void>])[] = [
  ["a process that is dead", () => plant({ pid: deadPid() })],
  ["a process whose number another has now", () => plant({ startTicks: "1" })],
  ["a process of another namespace that no longer refreshes it", () => plant({ pidNamespace: "pid:[1]" })],
  [
    "nobody, written long ago",
    async () => {
      await writeFile(lockPath(), "");
      await utimes(lockPath(), 1000, 1000);
    },
  ],
];
for (const [title, plantIt] of deadLocks) {
  test(`lets only one of several concurrent processes take over the lock of ${title}`, async () => {
    await plantIt();
    assert.equal(await isAbandoned(folder, uid, times), true);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, lock));
    const won = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.equal(won.length, 1);
    await won[0]?.release();
    assert.deepEqual(await readdir(folder), []);
  });
}

/** Holders whose process isn't visible from here, so that only the time of their lock counts. */
const elsewhere: readonly (readonly [
  title: string,
  holder: Partial<LockHolder>,
  refreshedAtMs: () => number,
])[] = [
  ["another namespace of this machine", { pidNamespace: "pid:[1]" }, Date.now],
  [
    "another namespace whose clock was set forward",
    { pidNamespace: "pid:[1]" },
    () => Date.now() - 3_600_000,
  ],
  ["another namespace whose clock was set back", { pidNamespace: "pid:[1]" }, () => Date.now() + 3_600_000],
  ["another machine", { host: "other", boot: "another" }, Date.now],
  ["another machine whose clock is an hour late", { boot: "another" }, () => Date.now() - 3_600_000],
  ["another machine whose clock is an hour early", { boot: "another" }, () => Date.now() + 3_600_000],
  ["a system that doesn't tell", { boot: "", pidNamespace: "" }, Date.now],
];
for (const [title, holder, refreshedAtMs] of elsewhere) {
  test(`refuses a folder whose holder in ${title} refreshes its lock`, async () => {
    await plant({ ...holder, pid: 1 }, refreshedAtMs());
    let beats = 0;
    const timer = setInterval(() => {
      beats += 1;
      const at = (refreshedAtMs() + beats) / 1000;
      utimes(lockPath(), at, at).catch(() => undefined);
    }, 50);
    try {
      await assert.rejects(lock(), /holds the prepared files of another server, the process 1 on /);
    } finally {
      clearInterval(timer);
    }
  });

  test(`takes over a folder whose holder in ${title} has stopped refreshing its lock`, async () => {
    await plant({ ...holder, pid: 1 }, refreshedAtMs());
    const taken = await lock();
    assert.equal(await taken.isHeld(), true);
    assert.deepEqual(await readdir(folder), [".stream-csv.lock.8"]);
    await taken.release();
  });
}

test("doesn't count the time in which it was suspended together with the holder", async () => {
  await plant({ pidNamespace: "pid:[1]" });
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    utimes(lockPath(), beats, beats).catch(() => undefined);
  }, 200);
  // Nothing of this process goes on meanwhile, neither the watch nor the holder's refreshing.
  const suspension = setTimeout(
    () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4 * times.staleMs),
    100,
  );
  try {
    await assert.rejects(lock(), { code: "SCSV_SPOOL_UNUSABLE" });
  } finally {
    clearInterval(timer);
    clearTimeout(suspension);
  }
});

test("doesn't wait without patience: a lock that may be alive counts as alive", async () => {
  await plant({ pidNamespace: "pid:[1]" });
  await assert.rejects(lockFolder(folder, uid, { ...times, patienceMs: 0 }), { code: "SCSV_SPOOL_UNUSABLE" });
});

test("refreshes its own lock", async () => {
  const taken = await lock();
  await utimes(lockPath(1), 1000, 1000);
  while ((await stat(lockPath(1))).mtimeMs < Date.now() - 60_000)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await taken.release();
});

test("notices that its folder was removed, and doesn't remove the folder that replaced it", async () => {
  const taken = await lock();
  await rm(folder, { recursive: true });
  assert.equal(await taken.isHeld(), false);
  await mkdir(folder);
  const second = await lock();
  assert.equal(await taken.isHeld(), false);
  await taken.release();
  assert.equal(await second.isHeld(), true);
  await second.release();
});

test("doesn't report a folder as abandoned without a lock, or with one that may be alive", async () => {
  assert.equal(await isAbandoned(folder, uid, atFirstLook), false);
  await plant({ pidNamespace: "pid:[1]" });
  assert.equal(await isAbandoned(folder, uid, atFirstLook), false);
  await plant({ pidNamespace: "pid:[1]" }, longAgo);
  assert.equal(await isAbandoned(folder, uid, atFirstLook), false);
  await plant({ boot: "another" }, longAgo);
  assert.equal(await isAbandoned(folder, uid, atFirstLook), false);
});

const planted: readonly (readonly [title: string, plantIt: (path: string) => Promise<unknown>])[] = [
  ["a pipe", async (path) => spawnSync("mkfifo", [path])],
  ["a link to a device", (path) => symlink("/dev/zero", path)],
  ["a link to a file", (path) => symlink("/etc/hostname", path)],
  ["a folder", (path) => mkdir(path)],
  ["a large file", (path) => writeFile(path, "x".repeat(10_000))],
];
for (const [title, plantIt] of planted) {
  test(`neither waits for, reads nor removes ${title} in place of a lock`, async () => {
    await plantIt(lockPath());
    await assert.rejects(lock(), (error: StreamCsvError) => {
      assert.equal(error.code, "SCSV_SPOOL_UNUSABLE");
      assert.ok(error.message.includes(lockPath()), error.message);
      return true;
    });
    await assert.rejects(isAbandoned(folder, uid, times), { code: "SCSV_SPOOL_UNUSABLE" });
    assert.deepEqual(await readdir(folder), [".stream-csv.lock.7"]);
  });
}

test("neither reads nor removes a lock of another user", async () => {
  await plant({ pid: deadPid() });
  await assert.rejects(lockFolder(folder, (uid ?? 0) + 1, times), /file of another user/);
  assert.deepEqual(await readdir(folder), [".stream-csv.lock.7"]);
});

test("the times of a server allow a holder five refreshes before its lock counts as dead", () => {
  assert.ok(lockTimes.staleMs >= 5 * lockTimes.refreshMs);
  assert.ok(lockTimes.patienceMs > lockTimes.staleMs);
});

test("stops waiting for a lock that may be alive when its signal is aborted, and leaves nothing", async () => {
  await plant({ pidNamespace: "pid:[1]" });
  const abort = new AbortController();
  const waiting = lockFolder(folder, uid, { ...times, staleMs: 60_000, patienceMs: 60_000 }, abort.signal);
  setTimeout(() => abort.abort(new Error("stopped")), 60);
  await assert.rejects(waiting, { message: "stopped" });
  assert.deepEqual(await readdir(folder), [".stream-csv.lock.7"]);
});
