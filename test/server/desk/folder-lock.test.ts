import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { StreamCsvError } from "../../../src/errors.ts";
import { isAbandoned, lockFolder } from "../../../src/server/desk/folder-lock.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

const lockPath = (): string => join(folder, ".stream-csv.lock.7");

/** A process id that was in use and is no more. */
function deadPid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("gives a folder to one holder at a time, names the holder, and gives it again when it is free", async () => {
  const lock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), (error: StreamCsvError) => {
    assert.equal(error.code, "SCSV_SPOOL_UNUSABLE");
    assert.match(error.message, new RegExp(`process ${process.pid}`));
    return true;
  });
  assert.equal(await isAbandoned(folder), false);
  await lock.release();
  assert.deepEqual(await readdir(folder), []);
  await (await lockFolder(folder)).release();
});

const deadLocks: readonly (readonly [title: string, text: () => string])[] = [
  ["a process that is dead", () => `${deadPid()} 123\n`],
  ["a process whose number another has now", () => `${process.pid} 1\n`],
  ["nobody", () => ""],
];
for (const [title, text] of deadLocks) {
  test(`takes over the lock of ${title}, once of all who try at the same time`, async () => {
    await writeFile(lockPath(), text());
    assert.equal(await isAbandoned(folder), true);
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
    const won = tries.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    assert.equal(won.length, 1);
    await won[0]?.release();
    assert.deepEqual(await readdir(folder), []);
  });
}

test("gives way to a lock that came by an older look at the folder", async () => {
  const lock = await lockFolder(folder);
  const [name = ""] = await readdir(folder);
  await writeFile(join(folder, ".stream-csv.lock.100"), await readFile(join(folder, name)));
  await lock.release();
  await assert.rejects(lockFolder(folder), { code: "SCSV_SPOOL_UNUSABLE" });
  assert.deepEqual(await readdir(folder), [".stream-csv.lock.100"]);
  await rm(join(folder, ".stream-csv.lock.100"));
});

test("is not called abandoned where there is no lock", async () => {
  assert.equal(await isAbandoned(folder), false);
});
