import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { canSampleProcesses } from "../../../bench/probe/process-tree.ts";
import { idleMemory, watchPeakOverIdle } from "../../../bench/session/server/server-memory.ts";
import type { RunningTarget } from "../../../bench/subject/target.ts";

const mebibyte = 1024 ** 2;

/** A pool of two workers; each line on standard input names the one that needs 64 MiB for a while, and keeps them. */
const pool = `
const { fork } = require("node:child_process");
if (process.send) {
  process.on("message", () => {
    const end = Date.now() + 200;
    let kept;
    while (Date.now() < end) kept ??= Buffer.alloc(${64 * mebibyte}, 1);
    globalThis.kept = kept;
    process.send("done");
  });
} else {
  const workers = [fork(process.argv[1]), fork(process.argv[1])];
  for (const worker of workers) worker.on("message", () => console.log("done"));
  process.stdin.on("data", (line) => workers[Number(line)].send("work"));
  process.on("SIGTERM", () => { for (const worker of workers) worker.kill("SIGKILL"); process.exit(); });
  setTimeout(() => console.log("ready"), 500);
}`;

test(
  "the peak of a pool is that of the worker that served, wherever the warm-up went",
  { skip: !canSampleProcesses },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
    t.after(() => rm(folder, { recursive: true }));
    const program = join(folder, "pool.cjs");
    await writeFile(program, pool);
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(async () => {
      child.kill("SIGTERM");
      await once(child, "exit");
    });
    const { pid, stdin, stdout } = child;
    assert.ok(pid !== undefined);
    await once(stdout, "data");
    const letWork = async (worker: number): Promise<void> => {
      stdin.write(`${worker}\n`);
      await once(stdout, "data");
    };
    const server = { pid } as RunningTarget;
    const idle = await idleMemory(server, AbortSignal.timeout(10_000));
    assert.equal(idle?.byProcess.size, 3);
    await letWork(0);
    for (const worker of [1, 0]) {
      const peak = await watchPeakOverIdle(server, idle);
      await letWork(worker);
      const mebibytes = ((await peak()) ?? 0) / mebibyte;
      assert.ok(
        mebibytes > 60 && mebibytes < 100 + (worker === 0 ? 64 : 0),
        `${mebibytes} MiB of worker ${worker}`,
      );
    }
  },
);
