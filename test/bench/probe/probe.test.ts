import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { parse } from "valibot";
import { cpuSeconds } from "../../../bench/probe/cpu-seconds.ts";
import { describeEnvironment } from "../../../bench/probe/describe-environment.ts";
import {
  canSampleProcesses,
  peakResidentBytes,
  processTree,
  residentBytes,
  resetPeaks,
} from "../../../bench/probe/process-tree.ts";
import { resultSchema } from "../../../bench/result/schema.ts";

const skip = !canSampleProcesses;

/** Runs a script in a Node process that lives until the test ends; the script says a line when it is done. */
async function running(t: TestContext, script: string): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ["-e", `${script}; setInterval(() => {}, 1000)`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  const { pid } = child;
  assert.ok(pid !== undefined);
  return Object.assign(child, { pid });
}

test("a tree is a process and its descendants", { skip }, async (t) => {
  const script = `const { spawn } = require("node:child_process");
    const inner = "setInterval(() => {}, 1000)";
    const child = spawn(process.execPath, ["-e", inner], { stdio: "ignore" });
    process.on("SIGTERM", () => { child.kill("SIGKILL"); process.exit(); });
    console.log("ready")`;
  const child = await running(t, script);
  const tree = await processTree(child.pid);
  assert.equal(tree.length, 2);
  assert.equal(tree[0], child.pid);
  child.kill("SIGTERM");
  await once(child, "exit");
  assert.deepEqual(await processTree(child.pid), [child.pid]);
});

test("a peak that is past is forgotten by a reset, and a new one is seen", { skip }, async (t) => {
  const mebibyte = 1024 ** 2;
  const child = await running(
    t,
    `let held = Buffer.alloc(${64 * mebibyte}, 1);
     process.stdin.on("data", () => { held = Buffer.alloc(${128 * mebibyte}, 1); console.log("grown"); });
     console.log("ready")`,
  );
  const before = await residentBytes([child.pid]);
  assert.ok(before > 64 * mebibyte);
  assert.equal(await resetPeaks([child.pid]), true);
  const peak = await peakResidentBytes([child.pid]);
  assert.ok(Math.abs(peak - before) < 16 * mebibyte, `${peak} after the reset, ${before} before`);
  child.stdin?.write("grow\n");
  assert.ok(child.stdout !== null);
  await once(child.stdout, "data");
  assert.ok((await peakResidentBytes([child.pid])) - peak > 100 * mebibyte);
});

test("CPU time is that of all threads, also of those that have ended", { skip }, async (t) => {
  const child = await running(
    t,
    `const { Worker } = require("node:worker_threads");
     // Asking for the time after each step would be work of the system's.
     const work = "for (let i = 0; i < 1e6; i += 1);";
     const spin = "const end = process.cpuUsage().user + 300000; while (process.cpuUsage().user < end) " + work;
     new Worker(spin, { eval: true }).on("exit", () => {
       console.log("ready " + process.cpuUsage().user / 1e6);
     })`,
  );
  const seconds = await cpuSeconds([child.pid]);
  assert.ok(seconds >= 0.28, `${seconds} s`);
});

test("processes that do not exist count nothing", { skip }, async () => {
  assert.equal(await cpuSeconds([2 ** 30]), 0);
  assert.equal(await residentBytes([2 ** 30]), 0);
  assert.equal(await resetPeaks([2 ** 30]), false);
});

test("the environment is described as the result file wants it, and the same twice", async () => {
  const environment = await describeEnvironment();
  assert.deepEqual(parse(resultSchema.entries.environment, environment), environment);
  assert.equal((await describeEnvironment()).fingerprint, environment.fingerprint);
});
