import { parseByteSize, parseDuration } from "../../../src/ground.ts";
import type { Metric, MetricUnit } from "../../result/metric.ts";

/** A value that a metric has to keep by itself. */
export interface BudgetLimit {
  /** Whether the value is the most that is allowed, or the least. */
  readonly bound: "most" | "least";
  /** In the metric's unit. */
  readonly value: number;
  /** As it was written, such as `<=500ms`; with the metric's unit if it was written without one. */
  readonly text: string;
}

/** What a value may look like, by the unit of the metric; counts are plain numbers. */
const examples: Readonly<Partial<Record<MetricUnit, string>>> = {
  s: "500ms or 1.5s",
  bytes: "64MiB",
  "bytes/s": "10MiB/s",
  "s/MiB": "5ms/MiB",
  ratio: "0.8 or 80%",
};

/**
 * Reads the limit of an absolute budget.
 * @param text as the message quotes it: the whole budget
 * @throws RangeError that says what a value of this metric looks like
 */
export function parseLimit(
  { id, unit }: Pick<Metric, "id" | "unit">,
  { sign, value, text }: { readonly sign: "<=" | ">="; readonly value: string; readonly text: string },
): BudgetLimit {
  const number = valueOf(unit, value.trim());
  if (number === null || !(number >= 0 && number < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `"${value}" in "${text}" is not a value of ${id}: write a number with its unit, such as ${examples[unit] ?? "1000"}.`,
    );
  }
  return {
    bound: sign === "<=" ? "most" : "least",
    value: number,
    text: `${sign}${withUnit(unit, value.trim())}`,
  };
}

/** What stands behind a bare number, so that a report shows what `<=500` means. */
const ownUnits: Readonly<Partial<Record<MetricUnit, string>>> = {
  s: "s",
  bytes: " B",
  "bytes/s": " B/s",
  "s/MiB": "s/MiB",
};

function withUnit(unit: MetricUnit, value: string): string {
  return bareNumber.test(value) ? `${value}${ownUnits[unit] ?? ""}` : value;
}

const bareNumber = /^\d+(\.\d+)?$/;

/** null when the text has another form; a bare number is in the metric's unit. */
function valueOf(unit: MetricUnit, text: string): number | null {
  if (bareNumber.test(text)) return Number(text);
  const own = /\/(s|MiB)$/.exec(text);
  const bare = own === null ? text : text.slice(0, own.index);
  try {
    if (unit === "s") return parseDuration(text) / 1000;
    if (unit === "bytes") return parseByteSize(text);
    if (unit === "bytes/s" && own?.[1] !== "MiB") return parseByteSize(bare);
    if (unit === "s/MiB" && own?.[1] !== "s") return parseDuration(bare) / 1000;
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    return null;
  }
  const [, share] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  return unit === "ratio" && share !== undefined ? Number(share) / 100 : null;
}
