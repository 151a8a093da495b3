import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { canSampleProcesses, processTree } from "../../bench/index.ts";
import { startProgram, type Ended } from "../harness/cli.ts";
import { noNginx } from "../harness/nginx.ts";

const program = fileURLToPath(new URL("../../dev/faults/main.js", import.meta.url));
const doctored = fileURLToPath(new URL("../../fixtures/programs/leaking-serve.js", import.meta.url));
const skip = canSampleProcesses ? false : "it reads /proc, which only Linux has";

/** One phase with its calm. */
const short = ["--minutes", "0.2", "--clients", "6"];

async function runFaults(args: readonly string[]): Promise<Ended> {
  const ended = await startProgram([program, ...args]).ended;
  assert.equal(ended.stderr, "");
  return ended;
}

async function foldersLeft(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("stream-csv-faults-"));
}

test(
  "a server under faults does nothing that must never be, and the program leaves nothing behind",
  { skip },
  async () => {
    const before = await foldersLeft();
    const proxy = noNginx === false ? ["--proxy", "nginx"] : [];
    const { exitCode, stdout } = await runFaults([...short, "--seed", "3", ...proxy]);
    assert.match(stdout, /\nFindings\n {2}none\n$/);
    assert.equal(exitCode, 0, stdout);
    assert.deepEqual(await processTree(process.pid), [process.pid]);
    assert.deepEqual(await foldersLeft(), before);
  },
);

test("a server whose workers keep a descriptor of each connection is found out", { skip }, async () => {
  const { exitCode, stdout } = await runFaults([
    ...short,
    "--seed",
    "1",
    "--program",
    doctored,
    "--only",
    "files replaced",
  ]);
  assert.match(stdout, /a worker at rest has descriptors of clients or files that are gone/);
  assert.match(stdout, /\/dev\/null/);
  assert.equal(exitCode, 1);
});

test("an interrupted run ends its server and leaves nothing behind", { skip }, async () => {
  const before = await foldersLeft();
  const running = startProgram([program, "--minutes", "1", "--seed", "1"]);
  await new Promise<void>((resolve) => {
    running.process.stdout.on("data", (text: string) => text.includes("warmed up") && resolve());
  });
  running.process.kill("SIGINT");
  const { exitCode, stdout } = await running.ended;
  assert.equal(exitCode, 130, stdout);
  assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.deepEqual(await foldersLeft(), before);
});
