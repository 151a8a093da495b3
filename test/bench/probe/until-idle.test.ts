import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
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
