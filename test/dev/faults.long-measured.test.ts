import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canSampleProcesses, processTree } from "../../bench/probe/process-tree.ts";
import { startProgram, type Ended, type RunningCli } from "../harness/cli.ts";
import { noNginx } from "../harness/nginx.ts";

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

function startFaults(args: readonly string[]): RunningCli {
  return startProgram([program, ...args], { env: { TMPDIR: temporary } });
}

async function requireNothingLeft({ stderr }: Ended): Promise<void> {
  assert.equal(stderr, "");
  assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(await readdir(temporary), []);
}

test("a server under faults breaks no promise, and the program leaves nothing behind", { skip }, async () => {
  const proxy = noNginx === false ? ["--proxy", "nginx"] : [];
  const ended = await startFaults([...short, "--seed", "3", ...proxy]).ended;
  assert.match(ended.stdout, /\nFindings\n {2}none\n$/);
  assert.equal(ended.exitCode, 0);
  await requireNothingLeft(ended);
});

test("an interrupted run ends its server and leaves nothing behind", { skip }, async () => {
  const running = startFaults(["--minutes", "1", "--seed", "1"]);
  await new Promise<void>((resolve) => {
    running.process.stdout.on("data", (text: string) => {
      if (text.includes("warmed up")) resolve();
    });
  });
  running.process.kill("SIGINT");
  const ended = await running.ended;
  assert.equal(ended.exitCode, 130, ended.stdout);
  await requireNothingLeft(ended);
});

test("a server whose workers leak a descriptor for each connection is detected", { skip }, async () => {
  const planted = ["--seed", "1", "--program", doctored, "--only", "files replaced"];
  const ended = await startFaults([...short, ...planted]).ended;
  assert.match(ended.stdout, /a worker at rest has descriptors of clients or files that are gone/);
  assert.match(ended.stdout, /\/dev\/null \d\d/);
  assert.equal(ended.exitCode, 1);
  await requireNothingLeft(ended);
});
