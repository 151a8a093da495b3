import assert from "node:assert/strict";
import childProcess, { execFile } from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import { promisify } from "node:util";
import { readerProcesses } from "../../../src/source/sqlite/reader-processes.ts";

const skip = process.platform === "win32" ? "there is no ulimit" : false;

/** More than all processes that may read at once. */
const tries = 10;

/** Opens files until no descriptor is left, asks for processes, and asks once more when there are descriptors again. */
const program = `
  import { closeSync, openSync } from "node:fs";
  import { readerProcesses } from ${JSON.stringify(new URL("../../../src/source/sqlite/reader-processes.js", import.meta.url))};
  import { inMakerProcess } from ${JSON.stringify(new URL("../../../src/spool/builder/maker-process.js", import.meta.url))};
  const { signal } = new AbortController();
  const held = [];
  try {
    for (;;) held.push(openSync("/dev/null"));
  } catch {}
  const ends = [];
  for (let turn = 0; turn < ${tries}; turn += 1) {
    const { reader, kill } = await readerProcesses.lease(signal);
    await reader.next().catch((error) => ends.push(error.code + " " + error.message));
    kill();
  }
  const maker = { program: "file:///missing.js", work: "wrote a file", host: {}, signal };
  await inMakerProcess(maker, (link) => link.call("build")).catch((error) => ends.push(error.code + " " + error.message));
  for (const descriptor of held) closeSync(descriptor);
  const { reader, kill } = await readerProcesses.lease(signal);
  const isGone = await Promise.race([reader.exited.then(() => true), new Promise((done) => setTimeout(done, 200, false))]);
  kill();
  console.log(JSON.stringify({ ends: [...new Set(ends)], count: ends.length, isGone }));
`;

test(
  "a process without a descriptor to start others with goes on, and starts them again later",
  { skip },
  async () => {
    const args = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)("/bin/sh", [
      "-c",
      'ulimit -n 64; exec "$@"',
      "sh",
      process.execPath,
      ...args,
    ]);
    assert.deepEqual(JSON.parse(stdout), {
      ends: [
        "SCSV_BUSY No further process could be started (EMFILE), so nobody read the SQLite database.",
        "SCSV_BUSY No further process could be started (EMFILE), so nobody wrote a file.",
      ],
      count: tries + 1,
      isGone: false,
    });
  },
);

test("processes that can't be started for lack of memory take up no slot", async () => {
  const native = childProcess.spawn;
  const { signal } = new AbortController();
  childProcess.spawn = () => {
    throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
  };
  syncBuiltinESMExports();
  try {
    for (let turn = 0; turn < tries; turn += 1)
      await assert.rejects(readerProcesses.lease(signal), { code: "SCSV_BUSY", message: /\(ENOMEM\)/ });
  } finally {
    childProcess.spawn = native;
    syncBuiltinESMExports();
  }
  const { reader, kill } = await readerProcesses.lease(signal);
  kill();
  await reader.exited;
});
