import assert from "node:assert/strict";
import { parseBudget, relativeOf, type RelativeBudget } from "../../../bench/gate/budget/budget.ts";

/** A budget for a change, from its text. */
export function relativeBudget(text: string): RelativeBudget {
  const [budget] = relativeOf([parseBudget(text)]);
  assert.ok(budget !== undefined, `"${text}" is not a budget for a change`);
  return budget;
}
