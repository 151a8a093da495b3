import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../../bench/statistics/random.ts";
import { balancedOrders } from "../../../bench/session/balanced-orders.ts";

const arms = ["streaming", "buffered", "file", "buffered-again"];

test("every round has every arm once", () => {
  for (const order of balancedOrders(arms, 7, seededRandom(1))) {
    assert.deepEqual(order.toSorted(), arms.toSorted());
  }
});

test("in each block of rounds every arm stands once at every position", () => {
  for (const names of [arms, arms.slice(0, 3), arms.slice(0, 2), arms.slice(0, 1)]) {
    const orders = balancedOrders(names, names.length * 3, seededRandom(5));
    for (let block = 0; block < 3; block += 1) {
      const rounds = orders.slice(block * names.length, (block + 1) * names.length);
      for (const position of names.keys()) {
        assert.equal(new Set(rounds.map((order) => order[position])).size, names.length);
      }
    }
  }
});

test("with four arms every arm follows every other once in a block", () => {
  const pairs = balancedOrders(arms, 4, seededRandom(9)).flatMap((order) =>
    order.slice(1).map((arm, index) => `${order[index]} ${arm}`),
  );
  assert.equal(new Set(pairs).size, 12);
});

test("the order follows from the seed", () => {
  assert.deepEqual(balancedOrders(arms, 12, seededRandom(4)), balancedOrders(arms, 12, seededRandom(4)));
  assert.notDeepEqual(balancedOrders(arms, 12, seededRandom(4)), balancedOrders(arms, 12, seededRandom(5)));
});
