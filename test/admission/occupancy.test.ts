import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Occupancy } from "../../src/admission/occupancy.ts";

function heldClock(): { readonly clock: { nowMs(): number; wallMs(): number }; advance(ms: number): void } {
  let now = 1000;
  return { clock: { nowMs: () => now, wallMs: () => now }, advance: (ms) => (now += ms) };
}

test("adds up the time each holder held, and integrates the number of holders", () => {
  const { clock, advance } = heldClock();
  const occupancy = new Occupancy(clock);
  const releaseFirst = occupancy.take();
  advance(1000);
  const releaseSecond = occupancy.take();
  advance(500);
  assert.equal(occupancy.busy, 2);
  assert.equal(occupancy.heldSeconds, 2);
  assert.equal(releaseFirst(), 1.5);
  advance(2000);
  assert.equal(releaseSecond(), 2.5);
  advance(9000);
  assert.equal(occupancy.heldSeconds, 4);
  assert.equal(occupancy.busySlotSeconds, 4);
  assert.equal(occupancy.busy, 0);
});

test("counts a release once, however often it is called", () => {
  const { clock, advance } = heldClock();
  const occupancy = new Occupancy(clock);
  const release = occupancy.take();
  advance(100);
  assert.equal(release(), 0.1);
  advance(100);
  assert.equal(release(), 0.1);
  assert.equal(occupancy.busy, 0);
  assert.equal(occupancy.heldSeconds, 0.1);
});

test("the total held time equals the integral of busy slots for any arrivals and departures", () => {
  const step = fc.record({ advanceMs: fc.nat(10_000), take: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { clock, advance } = heldClock();
      const occupancy = new Occupancy(clock);
      const held: (() => number)[] = [];
      for (const { advanceMs, take } of steps) {
        if (take) held.push(occupancy.take());
        else held.shift()?.();
        advance(advanceMs);
        assert.ok(Math.abs(occupancy.heldSeconds - occupancy.busySlotSeconds) < 1e-6);
        assert.equal(occupancy.busy, held.length);
      }
    }),
  );
});
