import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { buildReport } from "../../../bench/report/build-report.ts";
import { linearAxis, logAxis, shortCount } from "../../../bench/report/chart/axis.ts";
import { thinPoints } from "../../../bench/report/chart/thin-points.ts";
import { armLooks } from "../../../bench/report/html/arm-look.ts";
import { scaleOf } from "../../../bench/report/html/scale.ts";
import type { Chart } from "../../../bench/report/model/chart.ts";
import { withoutZeros } from "../../../bench/report/number-text.ts";
import { fixtureResult } from "./results.ts";

/** As large and as small as anything measured; a picosecond is below what a clock can tell. */
const value = fc
  .double({ min: -1e12, max: 1e12, noNaN: true })
  .map((number) => (Math.abs(number) < 1e-12 ? 0 : number));

function placesOf(values: readonly number[], isBytes: boolean): readonly number[] {
  return linearAxis(values, { isBytes, hasZero: true, text: String }).ticks.map(({ at }) => at);
}

test("an axis encloses all values, with two to seven marks in rising order", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.boolean(),
      (values, isBytes, hasZero) => {
        const { domain, ticks } = linearAxis(values, { isBytes, hasZero, text: String });
        // A mark is rounded to twelve digits, so that 0.1 + 0.2 is 0.3.
        const slack = 1e-9 * Math.max(...values.map(Math.abs), Number.MIN_VALUE);
        for (const item of values) assert.ok(item >= domain[0] - slack && item <= domain[1] + slack);
        if (hasZero) assert.ok(domain[0] <= 0 && domain[1] >= 0);
        assert.ok(ticks.length >= 2 && ticks.length <= 7, `${ticks.length} marks`);
        for (const [index, tick] of ticks.slice(1).entries()) assert.ok(tick.at > (ticks[index]?.at ?? 0));
      },
    ),
  );
});

test("marks are round in their own unit: powers of two in bytes, tenths and halves otherwise", () => {
  const mebibyte = 1024 ** 2;
  assert.deepEqual(
    placesOf([3 * mebibyte, 13 * mebibyte], true),
    [0, 4, 8, 12, 16].map((size) => size * mebibyte),
  );
  assert.deepEqual(placesOf([0.021, 0.27], false), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(placesOf([5], false), [0, 2, 4, 6]);
});

test("a logarithmic axis encloses values between powers of ten", () => {
  const places = (values: readonly number[]): readonly number[] =>
    logAxis(values, String).ticks.map(({ at }) => at);
  assert.deepEqual(places([0.00003, 0.2]), [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1]);
  assert.deepEqual(places([0.001]), [0.001, 0.01]);
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

test("a scale puts the ends of its axis at the ends of its room, and equal steps at equal distances", () => {
  const linear = scaleOf({ domain: [10, 30], ticks: [] }, 100, 300);
  assert.deepEqual([10, 15, 20, 30].map(linear), [100, 150, 200, 300]);
  const upwards = scaleOf({ domain: [0.001, 1], ticks: [], isLogarithmic: true }, 90, 0);
  assert.deepEqual([0.001, 0.01, 0.1, 1].map(upwards), [90, 60, 30, 0]);
});

test("no two arms look alike, even to a reader who can't tell colours apart", () => {
  const arms = Array.from({ length: 25 }, (_, index) => ({ id: `arm ${index}`, isRepeat: false }));
  const again = Array.from({ length: 6 }, (_, index) => ({ id: `again ${index}`, isRepeat: true }));
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
        const points = values.map((y, x) => [x, y] as const);
        const kept = thinPoints(points, most);
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

const charts = buildReport(fixtureResult("explaining")).sections.flatMap((section) =>
  (section.charts ?? []).map((chart) => ({ section, chart })),
);

function chartOf(scenario: string, title: string): Chart {
  const found = charts.find(({ section, chart }) => section.name === scenario && chart.title === title);
  assert.ok(found !== undefined, `${scenario} has no chart "${title}"`);
  return found.chart;
}

test("every mark of every chart lies within its axes and belongs to an entry of the legend", () => {
  assert.ok(charts.length > 8);
  for (const { section, chart } of charts) {
    const [left, right] = chart.x.domain;
    const [low, high] = "names" in chart.y ? [-0.5, chart.y.names.length - 0.5] : chart.y.domain;
    for (const mark of chart.marks) {
      assert.ok(
        section.legend?.some(({ id }) => id === mark.of),
        `${chart.title}: ${mark.of}`,
      );
      const points = mark.kind === "box" ? mark.quartiles.map((x) => [x, mark.y] as const) : mark.points;
      assert.ok(points.length > 0, chart.title);
      for (const [x, y] of points) {
        assert.ok(x >= left && x <= right && y >= low && y <= high, `${chart.title}: ${x}, ${y}`);
      }
    }
  }
});

test("a metric's chart has every valid value of every arm, in the arm's row, and a box around the middle half", () => {
  const chart = chartOf("export", "total");
  assert.ok("names" in chart.y);
  for (const [row, arm] of chart.y.names.entries()) {
    const values = fixtureResult("explaining").rounds.flatMap(({ scenario, valid, arms }) =>
      scenario === "export" && valid ? (arms[arm]?.["total_s"] ?? []) : [],
    );
    const dots = chart.marks.flatMap((mark) => (mark.kind === "dots" && mark.of === arm ? mark.points : []));
    assert.deepEqual(
      dots.map(([x]) => x),
      values,
    );
    assert.ok(dots.every(([, y]) => Math.round(y) === row));
    const [box] = chart.marks.flatMap((mark) => (mark.kind === "box" && mark.of === arm ? [mark] : []));
    const [low = 0, , , high = 0] = values.toSorted((a, b) => a - b);
    assert.equal(values.length, 4);
    const [first, middle, last] = box?.quartiles ?? [0, 0, 0];
    assert.ok(low < first && first < middle && middle < last && last < high, arm);
  }
});

test("memory over time keeps its lowest and highest samples, and has them in its table", () => {
  const chart = chartOf("export", "Memory over time");
  const samples = (fixtureResult("explaining").series ?? []).filter(
    ({ scenario, metric }) => scenario === "export" && metric === "resident_bytes",
  );
  assert.equal(chart.marks.length, samples.length);
  for (const [index, { arm, points }] of samples.entries()) {
    const values = points.map(([, bytes]) => bytes);
    const mark = chart.marks[index];
    assert.ok(mark?.kind === "line" && mark.of === arm);
    const drawn = mark.points.map(([, bytes]) => bytes);
    assert.deepEqual([Math.min(...drawn), Math.max(...drawn)], [Math.min(...values), Math.max(...values)]);
    const numbers = (chart.numbers?.rows[index] ?? []).flatMap((cell) =>
      cell.kind === "quantity" && cell.unit === "bytes" ? [cell.value] : [],
    );
    assert.deepEqual([numbers[0], numbers[2]], [Math.min(...values), Math.max(...values)]);
  }
});

test("the chart of growth has a point for each size and a line of the slope that the run was judged by", () => {
  const chart = chartOf("scaling", "Peak memory over idle against rows");
  const result = fixtureResult("explaining");
  for (const delivery of ["streaming", "buffered"]) {
    const check = result.checks.find(({ id }) => id === `scaling.${delivery}.slope_bytes_per_row`);
    const line = chart.marks.find((mark) => mark.kind === "line" && mark.of === delivery);
    assert.ok(line?.kind === "line" && typeof check?.observed === "number");
    const [[x1, y1] = [0, 0], [x2, y2] = [0, 0]] = line.points;
    assert.ok(Math.abs((y2 - y1) / (x2 - x1) / check.observed - 1) < 1e-9);
    const dots = chart.marks.find((mark) => mark.kind === "dots" && mark.of === delivery);
    const sizes = result.arms.filter((arm) => arm.scenario === "scaling" && arm.delivery === delivery);
    assert.equal(dots?.kind === "dots" && dots.points.length, sizes.length);
  }
});
