import assert from "node:assert/strict";
import promises, { mkdtemp, readdir, rm } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { systemClock } from "../../../src/clock.ts";
import { openSpoolFolder } from "../../../src/spool/folder/spool-folder.ts";

test("leaves no temporary folder behind when its lock can't be written, or its files not be listed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "spool-folder-"));
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = folder;
  t.after(async () => {
    if (TMPDIR === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = TMPDIR;
    await rm(folder, { recursive: true });
  });
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  const settings = { spoolDirectory: null, spoolBytes: 1024 ** 2 };
  const log = pino({ level: "silent" });
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
