import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { canSampleProcesses } from "../../../bench/probe/process-tree.ts";
import { untilIdle } from "../../../bench/probe/until-idle.ts";

const skip = !canSampleProcesses;

for (const [script, isIdle] of [
  ["setInterval(() => {}, 1000)", true],
  ["for (;;);", false],
] as const) {
  test(
    `a process that runs "${script}" becomes ${isIdle ? "idle" : "idle at no time"}`,
    { skip },
    async (t) => {
      const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
      t.after(() => child.kill("SIGKILL"));
      assert.ok(child.pid !== undefined);
      // An idle one may take long to start where the machine is busy.
      assert.equal(await untilIdle([child.pid], new AbortController().signal, isIdle ? 30_000 : 500), isIdle);
    },
  );
}

const canStarve = spawnSync("chrt", ["--idle", "0", "taskset", "-c", "0", "true"]).status === 0;

test("a process that waits for a core is not idle", { skip: skip || !canStarve }, async (t) => {
  const spin = [process.execPath, "-e", "for (;;);"];
  const onOneCore = (...before: readonly string[]): ChildProcess => {
    const child = spawn("taskset", ["-c", "0", ...before, ...spin], { stdio: "ignore" });
    t.after(() => child.kill("SIGKILL"));
    return child;
  };
  // It gets the core only when the other two leave it, which they never do.
  const starved = onOneCore("chrt", "--idle", "0");
  onOneCore();
  onOneCore();
  await sleep(300);
  assert.equal(await untilIdle([starved.pid ?? 0], new AbortController().signal, 500), false);
});
