import type { ComparedRow } from "../../result/comparison-view.ts";
import type { Comparison } from "../../result/result.ts";
import { bonferroniLevel } from "../../statistics/bonferroni-level.ts";
import { boundRuns } from "../../statistics/compare.ts";
import { median } from "../../statistics/median.ts";
import { rankSumBounds, type ShiftEstimate } from "../../statistics/rank-sum.ts";
import {
  asBaseline,
  type Baseline,
  type MeasuredSoFar,
  type NamedBaseline,
  type RunNames,
} from "./baseline.ts";
import { bodyPairsOf, rowsChangeIn, rowsNotes, type RowsChange } from "./body-change.ts";
import { nameOf, type RelativeBudget } from "../budget/budget.ts";
import { decide, mostAllowed, type Limit } from "../judge/decide.ts";
import { conclude, type GateReport } from "../judge/judge-run.ts";
import { reasonFor } from "../judge/reason-for.ts";
import { judgeContent, type Judged } from "./judge-content.ts";
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

/**
 * Compares two runs that have no rounds in common: the ratio of their values with rank-sum bounds.
 *
 * Metrics that depend on the speed of the machine are compared directly only when both ran on the same kind of machine.
 * Otherwise they are compared as ratios to the control of the same round (the buffered delivery, or a target), which both
 * runs measured. Anything
 * else that changed between the runs still counts, so two versions interleaved in one run can decide more.
 *
 * An export that lost rows since then is a regression: a cut one costs less. Of one that has more rows, what depends on its
 * size can still pass, because less work would not cost more; that it costs more decides nothing.
 * @param sharing how many budgets share the chance of a false alarm, when others are judged elsewhere; with none nothing gates
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
  const bodies = bodyPairsOf(before, after);
  const changeOf = ({ delivery }: Pick<MetricValues, "delivery">): RowsChange =>
    rowsChangeIn(bodies, delivery);
  if (!isSameMachine) {
    warnings.push(
      "The runs were made on different kinds of machine: times are compared only as ratios to the control of the same round, which do not show a change in both.",
    );
  }
  warnings.push(...rowsNotes(bodies, names));
  const pairs = after.series.flatMap((series): readonly ValuesPair[] => {
    const earlier = before.series.find((other) => keyOf(other) === keyOf(series));
    const isComparable = isSameMachine || isPortable(series);
    return earlier === undefined || !isComparable ? [] : [{ before: earlier, after: series }];
  });
  const isOfOneSize = ({ after: series }: ValuesPair): boolean =>
    changeOf(series) === "none" || isOfAnySize(series);
  const ofOneSize = pairs.filter(isOfOneSize);
  const judgeable = pairs.filter(
    (pair) => isOfOneSize(pair) || (changeOf(pair.after) !== "request" && pair.after.over === null),
  );
  const level = bonferroniLevel(sharing);
  const runs = [
    { name: names.before, series: before.series },
    { name: names.after, series: after.series },
  ];
  const judged = budgets.map((budget) => {
    const pair = pairOf(budget, judgeable, runs);
    const change = isOfAnySize(pair.after) ? "none" : changeOf(pair.after);
    return judge(pair, budget, { level, names, change });
  });
  const content = judgeContent(bodies, names);
  // Without a budget nothing gates, but what an export has lost has to be known.
  const isGating = sharing > 0;
  const changed = content.map(({ judgement }) => judgement).filter(({ verdict }) => verdict !== "pass");
  if (!isGating) warnings.push(...changed.map(({ reason }) => reason));
  const gated = new Set(judged.map(({ row }) => placeOf(row.comparison)));
  // With equal runs, any of all these bounds is wrong in one of twenty comparisons.
  const restLevel = bonferroniLevel(2 * ofOneSize.length);
  const rest = ofOneSize
    .map((pair) => compared(pair, restLevel, names))
    .filter(({ comparison }) => !gated.has(placeOf(comparison)));
  const all = isGating ? [...judged, ...content] : [];
  const judgements = all.map(({ judgement }) => judgement);
  return {
    rows: [...all.map(withReason), ...rest],
    gate: isGating ? { judgements, ...conclude(judgements), warnings: [] } : null,
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

function requireSameExport(before: Baseline, after: Baseline, names: RunNames): void {
  if (before.export.name === after.export.name) return;
  throw new RangeError(
    `${names.before} measured "${before.export.name}" and ${names.after} "${after.export.name}": only runs of the same export can be compared.`,
  );
}

function judge(
  pair: ValuesPair,
  budget: RelativeBudget,
  { level, names, change }: { readonly level: number; readonly names: RunNames; readonly change: RowsChange },
): Judged {
  const row = compared(pair, level, names);
  const { comparison } = row;
  const { ratio, ci } = comparison;
  const [low, high] = ci;
  const limit = { ...budget, better: betterOf(budget.metric) };
  const difference = rankSumBounds(pair.after.values, pair.before.values, level);
  const excess = excessOf(pair, limit, level);
  const isDecisive = difference !== null && difference.level >= level - 1e-9;
  const found = {
    ratio: ratio === null || low === null || high === null ? null : { low, high },
    difference,
    excess,
  };
  const shown = isDecisive ? decide(found, limit) : "inconclusive";
  // What other rows alone may have brought about decides nothing.
  const mayBeOfRows =
    shown === ({ more: "regression", fewer: "pass", none: null, request: null } as const)[change];
  const verdict = mayBeOfRows ? "inconclusive" : shown;
  const numbers = ratio === null && excess !== null ? { level: excess.level, method: excessMethod } : {};
  const judged = { ...comparison, ...numbers, budget: budget.share, least: budget.least, verdict };
  const subject = `${budget.delivery} ${budget.metric}${pair.after.over === null ? "" : ` over ${pair.after.over}`}`;
  const reason = reasonFor(subject, judged, budget, verdict);
  const judgement = {
    name: nameOf(budget),
    comparison: judged,
    aa: null,
    verdict,
    reason: [
      reason,
      ...(isDecisive ? [] : ["These rounds are too few for a decision."]),
      ...(mayBeOfRows ? [`The export has ${change} rows than before, which may be why.`] : []),
    ].join(" "),
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

function keyOf({ scenario, arm, metric, over }: MetricValues): string {
  return JSON.stringify([scenario, arm, metric, over]);
}

function placeOf({ scenario, metric, treatment }: Comparison): string {
  return JSON.stringify([scenario, metric, treatment]);
}
