import assert from "node:assert/strict";
import { test } from "node:test";
import { erlangC } from "../../../dev/simulation/erlang-c.ts";
import { faultlessFleet } from "../../../dev/simulation/fleet.ts";
import { parseSizes } from "../../../dev/simulation/size-distribution.ts";
import { summarize } from "../../../dev/simulation/summary.ts";

test("Erlang's C formula gives the known values of small queues", () => {
  // M/M/1 has a delayed share of its load, and M/M/2 one of 2ρ²/(1 + ρ).
  const one = erlangC({ jobsPerSecond: 0.5, meanMakingSeconds: 1, slots: 1 });
  assert.ok(Math.abs(one.delayedShare - 0.5) < 1e-12);
  assert.ok(Math.abs(one.meanSeconds - 1) < 1e-12);
  assert.ok(Math.abs(one.p95Seconds - 2 * Math.log(10)) < 1e-12);
  const two = erlangC({ jobsPerSecond: 1.6, meanMakingSeconds: 1, slots: 2 });
  assert.ok(Math.abs(two.delayedShare - (2 * 0.8 ** 2) / 1.8) < 1e-12);
  assert.throws(
    () => erlangC({ jobsPerSecond: 2, meanMakingSeconds: 1, slots: 2 }),
    /can't make a load of 2/,
  );
});

for (const [jobsPerSecond, workers, concurrency] of [
  [0.6, 1, 1],
  [1.5, 1, 2],
  [4.2, 3, 2],
  [10, 3, 4],
] as const) {
  const slots = workers * concurrency;
  test(`simulated waits of ${slots} slots at ${jobsPerSecond} jobs a second hold those of M/M/c`, () => {
    const demand = {
      jobsPerSecond,
      sizes: parseSizes("exponential:1MiB"),
      startSeconds: 0,
      bytesPerSecond: 1024 ** 2,
    };
    const fleet = { ...faultlessFleet, workers, concurrency };
    const effort = { jobs: 20_000, runs: 21, seed: 7 };
    const { meanWaitSeconds, p95WaitSeconds } = summarize(demand, fleet, effort);
    const theory = erlangC({ jobsPerSecond, meanMakingSeconds: 1, slots });
    for (const [bounds, value] of [
      [meanWaitSeconds, theory.meanSeconds],
      [p95WaitSeconds, theory.p95Seconds],
    ] as const) {
      assert.ok(bounds.low <= value && value <= bounds.high, JSON.stringify({ bounds, theory }));
      // Bounds that hold everything would prove nothing.
      assert.ok(bounds.high - bounds.low < 0.25 * value, JSON.stringify({ bounds, theory }));
    }
  });
}
