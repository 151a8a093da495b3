import type { Comparison } from "./result.ts";

/** One metric of one arm in two runs. */
export interface ComparedRow {
  readonly comparison: Comparison;
  readonly arm: string;
  /** The control that the values were divided by; null for plain values. */
  readonly over: string | null;
  /** Medians of both runs. */
  readonly before: number | null;
  readonly after: number | null;
  /** Both bounds lie on one side of no change, at a level that all comparisons share. */
  readonly isSure: boolean;
}

/** Two runs as a report shows them. */
export interface ComparisonView {
  readonly names: { readonly before: string; readonly after: string };
  readonly rows: readonly ComparedRow[];
  /** What the budgets say, a sentence each. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly verdict: string;
}
