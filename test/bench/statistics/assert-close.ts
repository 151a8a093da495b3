import assert from "node:assert/strict";

/** Fails unless a number is there and lies within a tolerance of what is expected. */
export function assertClose(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(
    typeof actual === "number" && Math.abs(actual - expected) <= tolerance,
    `${actual} is not ${expected} ± ${tolerance}`,
  );
}
