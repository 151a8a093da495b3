import assert from "node:assert/strict";
import { test } from "node:test";
import type { WorkerNumbers } from "../../../src/server/metrics/server-stats.ts";
import { advance, noNumbers, sumOf, workerNumbers } from "../../../src/server/metrics/worker-number.ts";

const numbers = (some: Partial<WorkerNumbers>): WorkerNumbers => ({ ...noNumbers, ...some });

test("sums gauges and counters of workers, and takes the highest of their delays", () => {
  const total = sumOf([
    numbers({ slots: 4, heldSeconds: 1.5, loopDelayMaxSeconds: 0.2 }),
    numbers({ slots: 4, heldSeconds: 2, loopDelayMaxSeconds: 0.05 }),
  ]);
  assert.deepEqual([total.slots, total.heldSeconds, total.loopDelayMaxSeconds], [8, 3.5, 0.2]);
  assert.deepEqual(sumOf([]), noNumbers);
});

test("never lets a counter fall, not even by its last digit, while gauges go up and down", () => {
  const before = numbers({ heldSeconds: 0.3, busySlots: 3 });
  const later = advance(before, numbers({ heldSeconds: 0.3 - 1e-16, busySlots: 1 }));
  assert.deepEqual([later.heldSeconds, later.busySlots], [0.3, 1]);
});

test("names every number in base units, with _total for counters", () => {
  for (const { field, kind, name } of workerNumbers) {
    assert.equal(name.endsWith("_total"), kind === "counter", name);
    if (field.endsWith("Seconds")) assert.match(name, /_seconds(_total)?$/);
    if (field.endsWith("Bytes")) assert.match(name, /_bytes$/);
  }
  assert.equal(new Set(workerNumbers.map(({ name }) => name)).size, workerNumbers.length);
});
