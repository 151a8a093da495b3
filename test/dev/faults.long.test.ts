import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canSampleProcesses, processTree } from "../../bench/probe/process-tree.ts";
import { startProgram } from "../harness/cli.ts";

const program = fileURLToPath(new URL("../../dev/faults/main.js", import.meta.url));
const doctored = fileURLToPath(new URL("../../fixtures/programs/leaking-serve.js", import.meta.url));
const skip = canSampleProcesses ? false : "it reads /proc, which only Linux has";

/** One phase with its calm. */
const short = ["--minutes", "0.2", "--clients", "6"];

/** The parent of the program's folder, which must be removed at the end. */
let temporary = "";
before(async () => {
  temporary = await mkdtemp(join(tmpdir(), "faults-"));
});
after(() => rm(temporary, { recursive: true }));

test("a server whose workers leak a descriptor for each connection is detected", { skip }, async () => {
  const planted = ["--seed", "1", "--program", doctored, "--only", "files replaced"];
  const ended = await startProgram([program, ...short, ...planted], { env: { TMPDIR: temporary } }).ended;
  assert.match(ended.stdout, /a worker at rest has descriptors of clients or files that are gone/);
  assert.match(ended.stdout, /\/dev\/null \d\d/);
  assert.equal(ended.exitCode, 1);
  assert.equal(ended.stderr, "");
  assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(await readdir(temporary), []);
});
