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

/** Jobs a second, workers and jobs of one at a time; making takes one second on average. */
const queues = [
  [0.6, 1, 1],
  [1.5, 1, 2],
  [4.2, 3, 2],
  [10, 3, 4],
] as const;

test("the bounds of simulated waits hold those of M/M/c", () => {
  const misses: string[] = [];
  for (const [jobsPerSecond, workers, concurrency] of queues) {
    const sizes = parseSizes("exponential:1MiB");
    const demand = { jobsPerSecond, sizes, startSeconds: 0, bytesPerSecond: 1024 ** 2 };
    const fleet = { ...faultlessFleet, workers, concurrency };
    const simulated = summarize(demand, fleet, { jobs: 6000, runs: 21, seed: 7 });
    const theory = erlangC({ jobsPerSecond, meanMakingSeconds: 1, slots: workers * concurrency });
    for (const [{ median, low, high }, value] of [
      [simulated.meanWaitSeconds, theory.meanSeconds],
      [simulated.p95WaitSeconds, theory.p95Seconds],
    ] as const) {
      const text = `${value} and ${median} (${low} to ${high}) of ${workers} × ${concurrency}`;
      // Bounds that hold everything would prove nothing.
      assert.ok(high - low < 0.6 * value, text);
      assert.ok(Math.abs(median - value) < 0.15 * value, text);
      if (value < low || value > high) misses.push(text);
    }
  }
  // Each of the eight is missed with a probability of 3 %: were they independent, three would be with one of 0.1 %.
  assert.ok(misses.length <= 2, misses.join("; "));
});
