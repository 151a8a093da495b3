import { formatCountOf } from "../../../src/ground.ts";
import type { MetricId } from "../../result/metric.ts";
import type { Arm, Comparison, Round } from "../../result/result.ts";
import { bonferroniLevel } from "../../statistics/bonferroni-level.ts";
import { fewestRounds } from "../../statistics/detectable-effect.ts";
import { absoluteOf, equalMetrics, nameOf, relativeOf, type Budget } from "../budget/budget.ts";
import { judgeAbsolute } from "./judge-absolute.ts";
import { judgeEquality, judgeMetric, type ArmTrio, type Judgement, type MetricCase } from "./judge-metric.ts";

/** The verdict of a run that gates, and what led to it. */
export interface GateReport {
  readonly judgements: readonly Judgement[];
  readonly verdict: GateVerdict;
  /** One sentence for each judgement that led to the verdict, the gravest first. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

export type GateVerdict = "pass" | "regression" | "inconclusive" | "invalid";

/** The arms of one delivery or target in one scenario, and the rounds they ran in. */
export interface GatedArms extends ArmTrio {
  readonly scenario: string;
  readonly delivery: string;
  readonly rounds: readonly Round[];
}

/** What bodies have to have in common, beside what budgets say. */
export interface EqualBodies {
  /**
   * CRC-32 of what each arm gave, by its id.
   * @default an equal number of bytes counts as equal
   */
  readonly checksums?: ReadonlyMap<string, number>;
  /** Whether only rows are compared, because the bytes may change. @default false */
  readonly areRows?: boolean;
}

/**
 * Judges a run by its budgets for changes, and compares the bodies of what has a budget of any kind. The rules are fixed
 * before the run: every budget is one metric, the chance of a false alarm is shared among them, and no round is left out for
 * what it showed.
 * @throws RangeError when a budget names a delivery or target that has no arms
 */
export function judgeRun(
  gated: readonly GatedArms[],
  asked: readonly Budget[],
  bodies: EqualBodies = {},
): GateReport {
  const level = bonferroniLevel(asked.length);
  const budgets = relativeOf(asked);
  const armsOf = (delivery: string): GatedArms => {
    const found = gated.find((arms) => arms.delivery === delivery);
    if (found !== undefined) return found;
    const measured = gated.map((arms) => arms.delivery).join(", ");
    throw new RangeError(
      `There is a budget for ${delivery}, which is not measured; these are measured: ${measured}.`,
    );
  };
  const judgements = [
    ...budgets.map((budget) => judgeMetric(caseOf(armsOf(budget.delivery), budget.metric), budget, level)),
    // A budget for a value may be kept because rows are missing.
    ...gated
      .filter((arms) => asked.some(({ delivery }) => delivery === arms.delivery))
      .flatMap((arms) => judgeBodies(arms, bodies)),
  ];
  const rounds = Math.min(...budgets.map(({ delivery }) => armsOf(delivery).rounds.length));
  return { judgements, ...conclude(judgements), warnings: tooFewRounds(rounds, asked) };
}

function judgeBodies(
  arms: GatedArms,
  { checksums = new Map(), areRows = false }: EqualBodies,
): readonly Judgement[] {
  const [treatment, control] = [checksums.get(arms.treatment), checksums.get(arms.control)];
  const known = treatment === undefined || control === undefined ? null : { treatment, control };
  return equalMetrics
    .filter((metric) => !areRows || metric === "rows")
    .map((metric) =>
      judgeEquality(caseOf(arms, metric), arms.delivery, metric, metric === "body_bytes" ? known : null),
    );
}

/** Judges a run by its budgets for values, which need nothing to compare with. */
export function judgeValues(
  scenario: string,
  rounds: readonly Round[],
  asked: readonly Budget[],
): GateReport {
  const level = bonferroniLevel(asked.length);
  const judgements = absoluteOf(asked).map((budget) => judgeAbsolute(scenario, rounds, budget, level));
  return { judgements, ...conclude(judgements), warnings: [] };
}

/** Several reports about one run as one. */
export function joinReports(reports: readonly GateReport[]): GateReport {
  const judgements = reports.flatMap((report) => report.judgements);
  const warnings = [...new Set(reports.flatMap((report) => report.warnings))];
  return { judgements, ...conclude(judgements), warnings };
}

/** The arms that are compared: per delivery or target this version, the other one, and the other one again. */
export function gatedArmsOf(
  scenario: string,
  arms: readonly Arm[],
  rounds: readonly Round[],
): readonly GatedArms[] {
  const own = arms.filter((arm) => arm.scenario === scenario);
  const valid = rounds.filter((round) => round.scenario === scenario && round.valid);
  return own.flatMap(({ id, role, delivery }) => {
    const beside = (wanted: Arm["role"]): string | undefined =>
      own.find((arm) => arm.role === wanted && arm.delivery === delivery)?.id;
    const control = beside("control");
    if (role !== "treatment" || control === undefined) return [];
    const ofBoth = valid.filter(({ arms: measured }) => id in measured && control in measured);
    return [{ scenario, delivery, treatment: id, control, aa: beside("aa") ?? null, rounds: ofBoth }];
  });
}

/** The gravest judgement; without any judgement nothing is decided. */
export function conclude(judgements: readonly Judgement[]): Pick<GateReport, "verdict" | "reasons"> {
  const order = ["invalid", "regression", "inconclusive", "pass"] as const;
  const verdict = order.find((kind) => judgements.some((one) => one.verdict === kind)) ?? "inconclusive";
  const reasons = order.flatMap((kind) =>
    judgements.filter((one) => one.verdict === kind).map(({ reason }) => reason),
  );
  return { verdict, reasons };
}

/** 0 pass, 2 regression, 3 inconclusive in a strict run, 4 invalid. */
export function exitCodeOf(verdict: GateVerdict, isStrict: boolean): number {
  return { pass: 0, regression: 2, inconclusive: isStrict ? 3 : 0, invalid: 4 }[verdict];
}

/** All comparisons of a report, as the result file has them. */
export function comparisonsOf({ judgements }: GateReport): readonly Comparison[] {
  return judgements.flatMap(({ comparison, reason, aa }) => {
    const judged = { ...comparison, reason };
    return aa === null ? [judged] : [judged, aa];
  });
}

/**
 * Says, before or after a run, that its rounds can't decide so many metrics.
 * With n rounds no p-value is smaller than 1/2^n: six rounds decide three metrics at most.
 */
export function tooFewRounds(rounds: number, budgets: readonly Budget[]): readonly string[] {
  const needed = fewestRounds(bonferroniLevel(budgets.length));
  if (rounds >= needed || budgets.length === 0) return [];
  return [
    `${formatCountOf(rounds, "round")} can't decide ${formatCountOf(budgets.length, "budget")} (${budgets.map(nameOf).join(", ")}): raise --rounds to ${needed} at least, or name fewer budgets.`,
  ];
}

function caseOf({ scenario, treatment, control, aa, rounds }: GatedArms, metric: MetricId): MetricCase {
  return {
    scenario,
    arms: { treatment, control, aa },
    rounds: rounds.map(({ arms }) => ({
      treatment: arms[treatment]?.[metric] ?? null,
      control: arms[control]?.[metric] ?? null,
      aa: aa === null ? null : (arms[aa]?.[metric] ?? null),
    })),
  };
}
