import assert from "node:assert/strict";
import { test } from "node:test";
import { growthOf } from "../../../bench/statistics/growth.ts";
import { leastSquares } from "../../../bench/statistics/least-squares.ts";
import { assertClose } from "./assert-close.ts";

test("the least-squares line is the certified one of NIST's Norris data", () => {
  const pairs = [
    [0.1, 0.2],
    [338.8, 337.4],
    [118.1, 118.2],
    [888, 884.6],
    [9.2, 10.1],
    [228.1, 226.5],
    [668.5, 666.3],
    [998.5, 996.3],
    [449.1, 448.6],
    [778.9, 777],
    [559.2, 558.2],
    [0.3, 0.4],
    [0.1, 0.6],
    [778.1, 775.5],
    [668.8, 666.9],
    [339.3, 338],
    [448.9, 447.5],
    [10.8, 11.6],
    [557.7, 556],
    [228.3, 228.1],
    [998, 995.8],
    [888.8, 887.6],
    [119.6, 120.2],
    [0.3, 0.3],
    [0.6, 0.3],
    [557.6, 556.8],
    [339.3, 339.1],
    [888, 887.2],
    [998.5, 999],
    [778.9, 779],
    [10.2, 11.1],
    [117.6, 118.3],
    [228.9, 229.2],
    [668.4, 669.1],
    [449.2, 448.9],
    [0.2, 0.5],
  ] as const;
  const line = leastSquares(pairs.map(([y, x]) => ({ x, y })));
  assertClose(line?.slope, 1.002_116_818_020_45, 1e-13);
  assertClose(line?.intercept, -0.262_323_073_774_029, 1e-11);
});

test("one size alone has no slope", () => {
  assert.equal(
    leastSquares([
      { x: 1, y: 1 },
      { x: 1, y: 5 },
    ]),
    null,
  );
  assert.equal(leastSquares([]), null);
});

/** Peaks that rise by some bytes a row. */
function along(slope: number): { x: number; y: number }[] {
  return [100_000, 200_000, 400_000].map((x) => ({ x, y: 1e6 + slope * x }));
}

test("tells growth from flatness by the share of a row that is kept", () => {
  assert.equal(growthOf(along(1), 110)?.order, "flat");
  assert.equal(growthOf(along(-1), 110)?.order, "flat");
  assert.equal(growthOf(along(230), 110)?.order, "grows");
  assert.equal(growthOf(along(20), 110)?.order, "unclear");
  assert.equal(growthOf(along(230).slice(0, 2), 110)?.order, "unclear");
  assert.equal(growthOf([{ x: 1, y: 1 }], 110), null);
});
