import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { BufferBudget } from "../../../../src/server/primary/state/buffer-budget.ts";

test("grants what is wanted, then what is left as long as that is enough, then nothing", () => {
  const budget = new BufferBudget(100);
  assert.equal(budget.reserve(1, 10, 60), 60);
  assert.equal(budget.reserve(2, 10, 60), 40);
  assert.equal(budget.reserve(3, 1, 1), 0);
  assert.equal(budget.usedBytes, 100);
  budget.release(2, 15);
  assert.equal(budget.reserve(3, 16, 20), 0);
  assert.equal(budget.reserve(3, 15, 20), 15);
});

test("grants what is needed where less is wanted", () => {
  assert.equal(new BufferBudget(100).reserve(1, 10, 0), 10);
});

test("takes back everything that a dead worker held, and nothing of the others", () => {
  const budget = new BufferBudget(100);
  budget.reserve(1, 30, 30);
  budget.reserve(2, 50, 50);
  budget.reserve(1, 5, 5);
  budget.forget(1);
  assert.equal(budget.usedBytes, 50);
  // What it had given back is told late, and isn't given back twice.
  budget.release(1, 30);
  assert.equal(budget.usedBytes, 50);
});

const worker = fc.nat(3);
const size = fc.nat(120);
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("reserve" as const), worker, atLeast: size, more: size }),
    fc.record({ do: fc.constant("release" as const), worker, share: fc.nat(100) }),
    fc.record({ do: fc.constant("forget" as const), worker }),
  ),
  { maxLength: 60 },
);

test("never grants more than the limit, and has everything back when all has been given back", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const budget = new BufferBudget(200);
      const held = new Map<number, number>();
      const heldBy = (of: number): number => held.get(of) ?? 0;
      for (const step of all) {
        if (step.do === "reserve") {
          const wanted = step.atLeast + step.more;
          const granted = budget.reserve(step.worker, step.atLeast, wanted);
          const total = [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
          assert.equal(granted, 200 - total < step.atLeast ? 0 : Math.min(200 - total, wanted));
          held.set(step.worker, heldBy(step.worker) + granted);
        } else if (step.do === "release") {
          const bytes = Math.floor((heldBy(step.worker) * step.share) / 100);
          budget.release(step.worker, bytes);
          held.set(step.worker, heldBy(step.worker) - bytes);
        } else {
          budget.forget(step.worker);
          held.delete(step.worker);
        }
        assert.equal(
          budget.usedBytes,
          [...held.values()].reduce((sum, bytes) => sum + bytes, 0),
        );
      }
      for (const [of, bytes] of held) budget.release(of, bytes);
      assert.equal(budget.usedBytes, 0);
    }),
  );
});
