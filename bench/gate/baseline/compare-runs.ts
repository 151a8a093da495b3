import type { ComparedRow } from "../../result/comparison-view.ts";
import type { Comparison } from "../../result/result.ts";
import { bonferroniLevel } from "../../statistics/bonferroni-level.ts";
import { boundRuns } from "../../statistics/compare.ts";
import { median } from "../../statistics/median.ts";
import { rankSumBounds, type ShiftEstimate } from "../../statistics/rank-sum.ts";
import { asBaseline, type Baseline, type MeasuredSoFar, type NamedBaseline } from "./baseline.ts";
import { nameOf, type RelativeBudget } from "../budget/budget.ts";
import { decide, mostAllowed, type Limit } from "../judge/decide.ts";
import { conclude, type GateReport } from "../judge/judge-run.ts";
import type { Judgement } from "../judge/judge-metric.ts";
import { reasonFor } from "../judge/reason-for.ts";
import { pairOf, type ValuesPair } from "./pair-of.ts";
import { betterOf, isOfAnySize, isPortable, type MetricValues } from "./metric-values.ts";

/** The comparison of two runs that were made one after the other. */
export interface RunComparison {
  /** Everything that could be compared: first what has a budget, then the rest in the order of the later run. */
  readonly rows: readonly ComparedRow[];
  /** What the budgets say; null without budgets, when nothing gates. */
  readonly gate: GateReport | null;
  /** What could not be compared, and why. */
  readonly warnings: readonly string[];
}

/** The names of both runs in messages. */
export interface RunNames {
  readonly before: string;
  readonly after: string;
}

/**
 * Compares two runs that have no rounds in common: the ratio of their values with rank-sum bounds.
 *
 * Metrics that depend on the speed of the machine are compared directly only when both ran on the same kind of machine.
 * Otherwise they are compared as ratios to the control of the same round (the buffered delivery, or a target), which both
 * runs measured. Anything
 * else that changed between the runs still counts, so two versions interleaved in one run can decide more.
 * @param sharing how many budgets share the chance of a false alarm, when others are judged elsewhere
 * @throws RangeError when the runs measured different exports, or a budget can't be judged from these two
 */
export function compareRuns(
  before: Baseline,
  after: Baseline,
  budgets: readonly RelativeBudget[],
  names: RunNames,
  sharing = budgets.length,
): RunComparison {
  requireSameExport(before, after, names);
  const warnings: string[] = [];
  const isSameMachine = before.environment.fingerprint === after.environment.fingerprint;
  const isSameSize = before.export.rows === after.export.rows;
  if (!isSameMachine) {
    warnings.push(
      "The runs were made on different kinds of machine: times are compared only as ratios to the control of the same round, which do not show a change in both.",
    );
  }
  if (!isSameSize) {
    warnings.push(
      `${names.before} measured ${before.export.rows} rows and ${names.after} ${after.export.rows}: metrics that depend on the size of the export are not compared. --rows makes the sizes equal.`,
    );
  }
  const pairs = after.series.flatMap((series): readonly ValuesPair[] => {
    const earlier = before.series.find((other) => keyOf(other) === keyOf(series));
    const isComparable = (isSameMachine || isPortable(series)) && (isSameSize || isOfAnySize(series));
    return earlier === undefined || !isComparable ? [] : [{ before: earlier, after: series }];
  });
  const level = bonferroniLevel(sharing);
  const runs = [
    { name: names.before, series: before.series },
    { name: names.after, series: after.series },
  ];
  const judged = budgets.map((budget) => judge(pairOf(budget, pairs, runs), budget, level, names));
  const content = budgets.length === 0 || !isSameSize ? [] : judgeContent(before, after, names);
  const gated = new Set(judged.map(({ row }) => placeOf(row.comparison)));
  // With equal runs, any of all these bounds is wrong in one of twenty comparisons.
  const restLevel = bonferroniLevel(2 * pairs.length);
  const rest = pairs
    .map((pair) => compared(pair, restLevel, names))
    .filter(({ comparison }) => !gated.has(placeOf(comparison)));
  const all = [...judged, ...content];
  const judgements = all.map(({ judgement }) => judgement);
  return {
    rows: [...all.map(withReason), ...rest],
    gate: budgets.length === 0 ? null : { judgements, ...conclude(judgements), warnings: [] },
    warnings,
  };
}

/**
 * Compares the rounds of a run that is still going on with a baseline.
 * @throws RangeError when they can't be compared
 */
export function judgeAgainst(
  { name, content }: NamedBaseline,
  measured: MeasuredSoFar,
  budgets: readonly RelativeBudget[],
  sharing = budgets.length,
): GateReport {
  const names = { before: name, after: "this run" };
  const { gate, warnings } = compareRuns(content, asBaseline(measured), budgets, names, sharing);
  if (gate === null) throw new Error("a run that is compared with a baseline has budgets");
  return { ...gate, warnings };
}

/** A judgement, and the row it is shown in. */
interface Judged {
  readonly judgement: Judgement;
  readonly row: ComparedRow;
}

function requireSameExport(before: Baseline, after: Baseline, names: RunNames): void {
  if (before.export.name === after.export.name) return;
  throw new RangeError(
    `${names.before} measured "${before.export.name}" and ${names.after} "${after.export.name}": only runs of the same export can be compared.`,
  );
}

function judge(pair: ValuesPair, budget: RelativeBudget, level: number, names: RunNames): Judged {
  const row = compared(pair, level, names);
  const { comparison } = row;
  const { ratio, ci } = comparison;
  const [low, high] = ci;
  const limit = { ...budget, better: betterOf(budget.metric) };
  const difference = rankSumBounds(pair.after.values, pair.before.values, level);
  const excess = excessOf(pair, limit, level);
  const isDecisive = difference !== null && difference.level >= level - 1e-9;
  const change = {
    ratio: ratio === null || low === null || high === null ? null : { low, high },
    difference,
    excess,
  };
  const verdict = isDecisive ? decide(change, limit) : "inconclusive";
  const numbers = ratio === null && excess !== null ? { level: excess.level, method: excessMethod } : {};
  const judged = { ...comparison, ...numbers, budget: budget.share, least: budget.least, verdict };
  const subject = `${budget.delivery} ${budget.metric}${pair.after.over === null ? "" : ` over ${pair.after.over}`}`;
  const reason = reasonFor(subject, judged, budget, verdict);
  const judgement = {
    name: nameOf(budget),
    comparison: judged,
    aa: null,
    verdict,
    reason: isDecisive ? reason : `${reason} These rounds are too few for a decision.`,
  };
  return { judgement, row: { ...row, comparison: judged } };
}

/** Without a ratio a change is judged by what it exceeds the budget by. */
const excessMethod =
  "unpaired: no ratio, because a value is not above zero: one-sided rank-sum bounds of what exceeds the budget";

/** By how much the later run is worse than the share allows; null without values. */
function excessOf(
  { before, after }: ValuesPair,
  { better, share }: Pick<Limit, "better" | "share">,
  level: number,
): ShiftEstimate | null {
  const [was, is] = [before.values, after.values];
  const allowed = (values: readonly number[]): readonly number[] =>
    values.map((value) => mostAllowed(value, share));
  return better === "lower" ? rankSumBounds(is, allowed(was), level) : rankSumBounds(was, allowed(is), level);
}

function withReason({ row, judgement }: Judged): ComparedRow {
  return { ...row, comparison: { ...row.comparison, reason: judgement.reason } };
}

/** The same rows have to give the same bytes. A change in what is written needs a new baseline. */
function judgeContent(before: Baseline, after: Baseline, names: RunNames): readonly Judged[] {
  const [was, is] = [before.export, after.export];
  if (was.sha256 === null || is.sha256 === null) return [];
  const isEqual = was.sha256 === is.sha256;
  const verdict = isEqual ? "pass" : "regression";
  const comparison: Comparison = {
    scenario: "export",
    metric: "body_bytes",
    treatment: names.after,
    control: names.before,
    ratio: quotient(is.bytes, was.bytes),
    ci: [null, null],
    level: null,
    method: "equality of SHA-256",
    n: 1,
    mde: null,
    budget: 0,
    verdict,
  };
  const reason = isEqual
    ? `Both runs read the same ${is.bytes} bytes.`
    : `The body has changed: it is ${is.bytes} bytes with SHA-256 ${is.sha256.slice(0, 12)}…, and was ${was.bytes} with ${was.sha256.slice(0, 12)}….`;
  return [
    {
      judgement: { name: "content", comparison, aa: null, verdict, reason },
      row: { comparison, arm: "all", over: null, before: was.bytes, after: is.bytes, isSure: !isEqual },
    },
  ];
}

function compared(pair: ValuesPair, level: number, names: RunNames): ComparedRow {
  const { before, after } = pair;
  const { arm, over } = after;
  const place = (name: string): string => `${name}: ${arm}${over === null ? "" : ` / ${over}`}`;
  const medians = { before: median(before.values), after: median(after.values) };
  const known = {
    scenario: after.scenario,
    metric: after.metric,
    treatment: place(names.after),
    control: place(names.before),
    n: Math.min(before.values.length, after.values.length),
    mde: null,
    budget: null,
    verdict: "informational" as const,
  };
  const bounds = boundRuns(after.values, before.values, level);
  const comparison = {
    ...known,
    ratio: bounds?.ratio ?? null,
    ci: [bounds?.low ?? null, bounds?.high ?? null] as [number | null, number | null],
    level: bounds?.level ?? null,
    method: bounds?.method ?? "none: a value is not above zero, and has no logarithm",
  };
  const isSure = bounds !== null && bounds.level >= level - 1e-9 && (bounds.low > 1 || bounds.high < 1);
  return { comparison, arm, over, ...medians, isSure };
}

function quotient(top: number | null, bottom: number | null): number | null {
  return top === null || bottom === null || bottom === 0 ? null : top / bottom;
}

function keyOf({ scenario, arm, metric, over }: MetricValues): string {
  return JSON.stringify([scenario, arm, metric, over]);
}

function placeOf({ scenario, metric, treatment }: Comparison): string {
  return JSON.stringify([scenario, metric, treatment]);
}
