import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { armLooks } from "../../../bench/report/html/arm-look.ts";
import { linearAxis, logAxis, shortCount } from "../../../bench/report/chart/axis.ts";
import { thinned } from "../../../bench/report/chart/time-chart.ts";
import { withoutZeros } from "../../../bench/report/number-text.ts";

/** As large and as small as anything measured; a picosecond is below what a clock can tell. */
const value = fc
  .double({ min: -1e12, max: 1e12, noNaN: true })
  .map((number) => (Math.abs(number) < 1e-12 ? 0 : number));

test("an axis encloses all values, with two to seven marks in rising order", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.boolean(),
      (values, isBytes, hasZero) => {
        const { domain, ticks } = linearAxis(values, { isBytes, hasZero });
        // A mark is rounded to twelve digits, so that 0.1 + 0.2 is 0.3.
        const slack = 1e-9 * Math.max(...values.map(Math.abs), Number.MIN_VALUE);
        for (const item of values) assert.ok(item >= domain[0] - slack && item <= domain[1] + slack);
        if (hasZero) assert.ok(domain[0] <= 0 && domain[1] >= 0);
        assert.ok(ticks.length >= 2 && ticks.length <= 7, `${ticks.length} marks`);
        for (const [index, tick] of ticks.slice(1).entries()) assert.ok(tick > (ticks[index] ?? 0));
      },
    ),
  );
});

test("marks are round in their own unit: powers of two in bytes, tenths and halves otherwise", () => {
  const mebibyte = 1024 ** 2;
  assert.deepEqual(linearAxis([3 * mebibyte, 13 * mebibyte], { isBytes: true, hasZero: true }).ticks, [
    0,
    4 * mebibyte,
    8 * mebibyte,
    12 * mebibyte,
    16 * mebibyte,
  ]);
  assert.deepEqual(linearAxis([0.021, 0.27], { isBytes: false, hasZero: true }).ticks, [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(linearAxis([5], { isBytes: false, hasZero: true }).ticks, [0, 2, 4, 6]);
});

test("a logarithmic axis encloses values between powers of ten", () => {
  assert.deepEqual(logAxis([0.00003, 0.2]).ticks, [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  assert.deepEqual(logAxis([0.001]).ticks, [0.001, 0.01]);
});

test("texts of marks have no needless zeros", () => {
  assert.deepEqual(["10.0 MiB", "1.50 s", "100 ms", "2,000", "1.00 s/MiB", "0 s"].map(withoutZeros), [
    "10 MiB",
    "1.5 s",
    "100 ms",
    "2,000",
    "1 s/MiB",
    "0 s",
  ]);
  assert.deepEqual([0, 500, 2500, 2_500_000].map(shortCount), ["0", "500", "2.5 k", "2.5 M"]);
});

test("no two arms look alike, nor do shape and dash alone tell less than colour", () => {
  const arms = Array.from({ length: 25 }, (_, index) => ({ id: `arm ${index}`, role: "treatment" as const }));
  const again = Array.from({ length: 6 }, (_, index) => ({ id: `again ${index}`, role: "aa" as const }));
  const looks = armLooks([...arms, ...again]);
  assert.equal(new Set(looks.map(({ symbol, dash }) => `${symbol} ${dash}`)).size, looks.length);
  assert.equal(new Set(looks.map(({ color, dash }) => `${color} ${dash}`)).size, looks.length);
  assert.equal(new Set(looks.slice(25).map(({ color }) => color)).size, 1);
});

test("thinning keeps the order, the first and last points and every extreme of the whole", () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 2000, size: "max" }),
      fc.integer({ min: 10, max: 300 }),
      (values, most) => {
        const points = values.map((y, x): [number, number] => [x, y]);
        const kept = thinned(points, most);
        assert.ok(kept.length <= most, `${kept.length} of at most ${most}`);
        for (const [index, [x]] of kept.slice(1).entries()) assert.ok(x > (kept[index]?.[0] ?? 0));
        assert.ok(kept.every((point) => points.includes(point)));
        if (points.length === 0) return;
        const heights = kept.map(([, y]) => y);
        assert.equal(Math.min(...heights), Math.min(...values));
        assert.equal(Math.max(...heights), Math.max(...values));
        assert.equal(kept.at(-1), points.at(-1));
        assert.equal(kept[0], points[0]);
      },
    ),
  );
});
