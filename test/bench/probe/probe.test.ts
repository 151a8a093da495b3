import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { parse } from "valibot";
import { describeEnvironment } from "../../../bench/probe/describe-environment.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { procSampler } from "../../../bench/probe/proc-sampler.ts";
import { parseCpuTime, parseListing, psSampler } from "../../../bench/probe/ps-sampler.ts";
import { resultSchema } from "../../../bench/result/schema.ts";

const samplers = [
  { name: "/proc", sampler: procSampler, skip: !hasProcFiles },
  { name: "ps", sampler: psSampler, skip: process.platform === "win32" },
];

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

test(
  "/proc: a process that may end soon is read before anything else has its turn",
  { skip: !hasProcFiles },
  async () => {
    let hasHadTurn = false;
    const turn = setImmediate(() => (hasHadTurn = true));
    const pids = await procSampler.tree(process.pid);
    const [peaks, seconds] = [await procSampler.peaksNow(pids), await procSampler.cpuSecondsOfEach(pids)];
    clearImmediate(turn);
    assert.equal(hasHadTurn, false);
    assert.ok((peaks.get(process.pid) ?? 0) > 0 && (seconds.get(process.pid) ?? 0) > 0);
  },
);

for (const { name, sampler, skip } of samplers) {
  test(`${name}: a tree is a process and its descendants`, { skip }, async (t) => {
    const script = `const { spawn } = require("node:child_process");
      const inner = "setInterval(() => {}, 1000)";
      const child = spawn(process.execPath, ["-e", inner], { stdio: "ignore" });
      process.on("SIGTERM", () => { child.kill("SIGKILL"); process.exit(); });
      console.log("ready")`;
    const child = await running(t, script);
    const tree = await sampler.tree(child.pid);
    assert.equal(tree.length, 2);
    assert.equal(tree[0], child.pid);
    assert.equal((await sampler.identify(tree[1] ?? 0))?.parentPid, child.pid);
    assert.deepEqual(await sampler.stillRunning([...tree, 2 ** 30]), tree);
    child.kill("SIGTERM");
    await once(child, "exit");
    assert.deepEqual(await sampler.tree(child.pid), [child.pid]);
    assert.deepEqual(await sampler.stillRunning([child.pid]), []);
  });

  test(
    `${name}: a peak that is past is forgotten by a new watch, and a new one is seen`,
    { skip },
    async (t) => {
      const mebibyte = 1024 ** 2;
      const child = await running(
        t,
        `let held = Buffer.alloc(${64 * mebibyte}, 1);
       process.stdin.on("data", () => { held = Buffer.alloc(${128 * mebibyte}, 1); console.log("grown"); });
       console.log("ready")`,
      );
      const { pid } = child;
      const before = await sampler.residentBytes([pid]);
      assert.ok(before > 64 * mebibyte);
      const endFirst = await sampler.watchPeaks(pid);
      const first = (await endFirst?.())?.get(pid) ?? 0;
      assert.ok(Math.abs(first - before) < 16 * mebibyte, `${first} at first, ${before} before`);
      const endSecond = await sampler.watchPeaks(pid);
      child.stdin?.write("grow\n");
      assert.ok(child.stdout !== null);
      await once(child.stdout, "data");
      const second = (await endSecond?.())?.get(pid) ?? 0;
      assert.ok(second - first > 100 * mebibyte, `${second} after it grew, ${first} before`);
    },
  );

  test(`${name}: a process that ends keeps no other from being watched`, { skip }, async (t) => {
    const { pid } = await running(t, `console.log("ready"); process.stdin.resume()`);
    const end = await sampler.watchPeaks(2 ** 30, pid);
    assert.notEqual(end, null);
    assert.ok(((await end?.())?.get(pid) ?? 0) > 0);
  });

  test(`${name}: CPU time is that of all threads, also of those that have ended`, { skip }, async (t) => {
    // Linux's ps writes whole seconds.
    const child = await running(
      t,
      `const { Worker } = require("node:worker_threads");
       const spin = "const end = process.cpuUsage().user + 1100000; while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i++) Math.sqrt(i);";
       new Worker(spin, { eval: true }).on("exit", () => {
         console.log("ready " + process.cpuUsage().user / 1e6);
       })`,
    );
    const seconds = (await sampler.cpuSecondsOfEach([child.pid])).get(child.pid) ?? 0;
    assert.ok(seconds >= 1, `${seconds} s`);
  });

  test(`${name}: processes that do not exist count nothing`, { skip }, async () => {
    assert.deepEqual(await sampler.cpuSecondsOfEach([2 ** 30]), new Map());
    assert.equal(await sampler.residentBytes([2 ** 30]), 0);
    assert.equal(await sampler.identify(2 ** 30), null);
    const end = await sampler.watchPeaks(2 ** 30);
    assert.equal((await end?.())?.get(2 ** 30) ?? 0, 0);
  });
}

test(
  "CPU time never falls while children end, whose time goes to their parent",
  { skip: !hasProcFiles },
  async (t) => {
    const { pid } = await running(
      t,
      `console.log("ready");
     const burn = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done";
     const { spawn } = require("node:child_process");
     const next = () => spawn("sh", ["-c", burn]).on("close", next);
     next()`,
    );
    let most = 0;
    const falls: number[] = [];
    // Two seconds of CPU time, about ten children, take as long as other programs let them.
    for (const endMs = performance.now() + 60_000; most < 2 && performance.now() < endMs;) {
      const each = await procSampler.cpuSecondsOfEach(await procSampler.tree(pid));
      const total = [...each.values()].reduce((sum, seconds) => sum + seconds, 0);
      // What a child used is rounded down to ticks when it has ended.
      if (total < most - 0.03) falls.push(most - total);
      most = Math.max(most, total);
    }
    assert.deepEqual(falls, []);
    assert.ok(most >= 2, `${most} s`);
  },
);

test("lines of ps are read as macOS and as Linux write them", () => {
  const macOS =
    "    1     0   21504   1:03.57 Ss   /sbin/launchd\n  812   640  104448 135:01.33 Z+   /Applications/My App/node\n";
  assert.deepEqual(parseListing(macOS), [
    {
      pid: 1,
      parentPid: 0,
      residentBytes: 21_504 * 1024,
      cpuSeconds: 63.57,
      isZombie: false,
      isRunnable: false,
      program: "launchd",
    },
    {
      pid: 812,
      parentPid: 640,
      residentBytes: 104_448 * 1024,
      cpuSeconds: 8101.33,
      isZombie: true,
      isRunnable: false,
      program: "node",
    },
  ]);
  assert.equal(parseCpuTime("00:03:24"), 204);
  assert.equal(parseCpuTime("2-01:00:01"), 176_401);
});

test("the environment is described as the result file wants it, and the same twice", async () => {
  const environment = await describeEnvironment();
  assert.deepEqual(parse(resultSchema.entries.environment, environment), environment);
  assert.equal((await describeEnvironment()).fingerprint, environment.fingerprint);
});
