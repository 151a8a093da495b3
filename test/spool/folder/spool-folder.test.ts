import assert from "node:assert/strict";
import promises, { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../../src/clock.ts";
import { openSpoolFolder } from "../../../src/spool/folder/spool-folder.ts";

const settings = { spoolDirectory: null, spoolBytes: 1024 ** 2 };
const log = pino({ level: "silent" });

test("leaves no temporary folder behind when its lock can't be written, or its files not be listed", async (t) => {
  const folder = await temporaryPlace(t);
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  for (const broken of ["open", "readdir"] as const) {
    const native = promises[broken];
    const fail = (path: string, ...others: readonly unknown[]): Promise<unknown> =>
      path.startsWith(join(folder, "stream-csv-"))
        ? Promise.reject(full)
        : Promise.resolve(Reflect.apply(native, promises, [path, ...others]));
    Object.assign(promises, { [broken]: fail });
    syncBuiltinESMExports();
    try {
      await assert.rejects(openSpoolFolder(settings, log, systemClock), { code: "SCSV_SPOOL_UNUSABLE" });
    } finally {
      Object.assign(promises, { [broken]: native });
      syncBuiltinESMExports();
    }
    assert.deepEqual(await readdir(folder), [], broken);
  }
  const { directory, close } = await openSpoolFolder(settings, log, systemClock);
  assert.deepEqual(
    (await readdir(folder)).map((name) => join(folder, name)),
    [directory],
  );
  await close();
  assert.deepEqual(await readdir(folder), []);
});

test("a temporary folder has its lock until all else in it is removed, so that a killed server leaves no other", async (t) => {
  const folder = await temporaryPlace(t);
  const { directory, close } = await openSpoolFolder(settings, log, systemClock);
  await writeFile(join(directory, "prepared"), "text");
  const native = promises.rm;
  const killed = Object.assign(new Error("killed"), { code: "EIO" });
  // What comes after the lock, or before, isn't done any more.
  const fail = (path: string, ...others: readonly unknown[]): Promise<unknown> =>
    path.includes(".lock.")
      ? Promise.resolve(Reflect.apply(native, promises, [path, ...others]))
      : Promise.reject(killed);
  Object.assign(promises, { rm: fail });
  syncBuiltinESMExports();
  try {
    await close();
  } finally {
    Object.assign(promises, { rm: native });
    syncBuiltinESMExports();
  }
  assert.deepEqual((await readdir(directory)).toSorted(), [".stream-csv.lock.1", "prepared"]);
  assert.deepEqual(await readdir(folder), [directory.slice(folder.length + 1)]);
});

/** A folder for temporary ones, which is removed at the end of the test. */
async function temporaryPlace(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "spool-folder-"));
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = folder;
  t.after(async () => {
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
    await rm(folder, { recursive: true });
  });
  return folder;
}
