import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { compareDecimal, readSingle } from "../../src/csv/exact-decimal.ts";

test("reads a decimal as the nearest 32-bit number, however near it is to the middle of two", () => {
  const value = fc.float({ min: Math.fround(2 ** -20), max: Math.fround(2 ** 20), noNaN: true });
  fc.assert(
    fc.property(value, fc.constantFrom("", "-"), (positive, sign) => {
      const bits = new Int32Array(Float32Array.of(positive).buffer);
      const next = new Float32Array(Int32Array.of((bits[0] ?? 0) + 1).buffer)[0] ?? 0;
      const middle = (positive + next) / 2;
      // The middle is a multiple of 2^-45, which is 5^45 times 10^-45.
      const digits = BigInt(middle * 2 ** 45) * 5n ** 45n;
      const read = (text: string): number => Math.abs(readSingle(sign + text));
      assert.equal(read(`${digits}e-45`), Math.fround(middle));
      assert.equal(read(`${digits}${"0".repeat(20)}1e-66`), next);
      assert.equal(read(`${digits - 1n}${"9".repeat(21)}e-66`), positive);
    }),
  );
});

for (const [text, value] of [
  ["7.038531e-26", 2 ** -84 * 1.3614498376846313],
  ["1e400", Number.POSITIVE_INFINITY],
  ["-1e39", Number.NEGATIVE_INFINITY],
  ["1e-46", 0],
  ["16777217", 16777216],
  ["16777219", 16777220],
] as const)
  test(`reads ${text} as ${value}`, () => assert.equal(readSingle(text), Math.fround(value)));

for (const [text, value, side] of [
  ["0.1", 0.1, -1],
  ["-0.1", -0.1, 1],
  ["0.5", 0.5, 0],
  ["5e-324", 5e-324, 1],
  ["1e23", 1e23, 1],
  ["-12.50e0", -12.5, 0],
] as const)
  test(`compares ${text} with a number exactly`, () =>
    assert.equal(Math.sign(compareDecimal(text, value)), side));
