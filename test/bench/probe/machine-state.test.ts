import assert from "node:assert/strict";
import { test } from "node:test";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { machineTicks, parseMachineTicks } from "../../../bench/probe/steal-time.ts";
import { cpuThrottling, groupFolders, parseThrottling } from "../../../bench/probe/throttling.ts";

test("stolen time is the eighth number of /proc/stat, and guest time is not counted twice", () => {
  assert.deepEqual(parseMachineTicks("cpu  10 1 2 100 3 4 5 6 7 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n"), {
    stolen: 6,
    total: 131,
  });
  assert.equal(parseMachineTicks(""), null);
  assert.equal(parseMachineTicks("cpu  10 1 2\n"), null);
});

test("this machine tells its ticks, and they grow", { skip: !hasProcFiles }, async () => {
  const before = await machineTicks();
  const until = performance.now() + 50;
  while (performance.now() < until);
  const after = await machineTicks();
  assert.ok(before !== null && after !== null && after.total > before.total);
});

test("reads throttled periods when a group has a limit", () => {
  assert.deepEqual(parseThrottling("usage_usec 5\nnr_periods 100\nnr_throttled 7\nthrottled_usec 9\n"), {
    periods: 100,
    throttledPeriods: 7,
  });
  assert.equal(parseThrottling("usage_usec 5\n"), null);
  assert.equal(parseThrottling(""), null);
});

test("a limit is looked for in the own group and in all that it lies in, in both layouts", () => {
  const root = "/sys/fs/cgroup";
  assert.deepEqual(groupFolders("0::/user.slice/app.slice/run.scope\n"), [
    `${root}/user.slice/app.slice/run.scope`,
    `${root}/user.slice/app.slice`,
    `${root}/user.slice`,
    root,
  ]);
  assert.deepEqual(groupFolders("0::/\n"), [root]);
  assert.deepEqual(groupFolders("9:name=systemd:/\n4:cpu,cpuacct:/job/1\n"), [
    `${root}/cpu,cpuacct/job/1`,
    `${root}/cpu,cpuacct/job`,
    `${root}/cpu,cpuacct`,
    `${root}/cpu/job/1`,
    `${root}/cpu/job`,
    `${root}/cpu`,
  ]);
  assert.deepEqual(groupFolders(""), []);
});

test("asking this machine gives numbers or null, and never fails", async () => {
  const found = await cpuThrottling();
  assert.ok(found === null || found.periods >= found.throttledPeriods);
});
