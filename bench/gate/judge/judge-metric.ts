import { checksumText } from "../../result/checksum-text.ts";
import type { MetricId } from "../../result/metric.ts";
import { percent } from "../../result/percent.ts";
import type { Comparison } from "../../result/result.ts";
import { boundRounds, type Pair } from "../../statistics/compare.ts";
import { signedRankBounds } from "../../statistics/signed-rank.ts";
import { metricOf, type RelativeBudget } from "../budget/budget.ts";
import { decide, isSurelyOutside, mostAllowed, type Change, type Decision, type Limit } from "./decide.ts";
import { reasonFor } from "./reason-for.ts";

/** The same delivery of this version, of the other version, and of the other version again. */
export interface ArmTrio {
  readonly treatment: string;
  readonly control: string;
  /** null when there is no second control. */
  readonly aa: string | null;
}

/** What the arms of a trio gave in one round; null is what could not be measured. */
interface RoundValues {
  readonly treatment: number | null;
  readonly control: number | null;
  readonly aa: number | null;
}

/** The judgement of one metric. */
export interface Judgement {
  /** `streaming.cpu_s_per_mib`. */
  readonly name: string;
  readonly comparison: Comparison;
  /** The two equal arms compared with each other; null when there is only one. */
  readonly aa: Comparison | null;
  readonly verdict: Decision | "invalid";
  /** One sentence with the metric, the size of the change and its bounds. */
  readonly reason: string;
}

/** The measurements that a metric is judged by. */
export interface MetricCase {
  readonly scenario: string;
  readonly arms: ArmTrio;
  readonly rounds: readonly RoundValues[];
}

/**
 * Judges one metric by its budget.
 * @param level of each bound, already adjusted to the number of metrics
 */
export function judgeMetric(
  { scenario, arms, rounds }: MetricCase,
  budget: RelativeBudget,
  level: number,
): Judgement {
  const { delivery, metric, share } = budget;
  const limit = { better: metricOf(budget).better, share, least: budget.least };
  const subject = `${delivery} ${metric}`;
  const name = `${delivery}.${metric}`;
  const place = { scenario, metric, control: arms.control };

  const measured = compare(pairsOf(rounds, "treatment"), level, limit);
  const verdict = measured.isDecisive ? decide(measured.change, limit) : "inconclusive";
  const held = { budget: share, least: budget.least };
  const comparison = { ...place, ...measured.numbers, treatment: arms.treatment, ...held, verdict };
  const again = arms.aa === null ? null : compare(pairsOf(rounds, "aa"), level, limit);
  const aa =
    again === null || arms.aa === null
      ? null
      : { ...place, ...again.numbers, treatment: arms.aa, budget: null, verdict: "informational" as const };
  if (again !== null && again.isDecisive && isSurelyOutside(again.change, limit)) {
    const difference = percent(Math.abs((again.numbers.ratio ?? 1) - 1));
    return {
      name,
      comparison: { ...comparison, verdict: "inconclusive" },
      aa,
      verdict: "invalid",
      reason: `${subject} of two equal arms differs by ${difference}, surely more than its budget of ${percent(share)}: this machine can't tell two versions apart.`,
    };
  }
  if (again !== null && !again.isDecisive && verdict !== "inconclusive") {
    return {
      name,
      comparison: { ...comparison, verdict: "inconclusive" },
      aa,
      verdict: "inconclusive",
      reason: `${subject} of the second control was measured in only ${again.numbers.n} rounds, so it is not known whether equal arms agree.`,
    };
  }
  return { name, comparison, aa, verdict, reason: reasonOf(subject, comparison, budget, verdict, measured) };
}

/**
 * Judges rows and bytes. They have no noise: they are equal in every round, or something is wrong.
 * @param checksums CRC-32 of what both sides give in every round; null where an equal number of bytes is enough
 */
export function judgeEquality(
  { scenario, arms, rounds }: MetricCase,
  delivery: string,
  metric: MetricId,
  checksums: Pair | null,
): Judgement {
  const pairs = pairsOf(rounds, "treatment");
  const different = pairs.find(isDifferent);
  const isOther = different !== undefined || (checksums !== null && isDifferent(checksums));
  const verdict = pairs.length === 0 ? "inconclusive" : isOther ? "regression" : "pass";
  return {
    name: `${delivery}.${metric}`,
    comparison: {
      scenario,
      metric,
      treatment: arms.treatment,
      control: arms.control,
      ratio: different === undefined ? (pairs.length === 0 ? null : 1) : ratioOf(different),
      ci: [null, null],
      level: null,
      method: checksums === null ? "equality in every round" : "equality in every round, and of CRC-32",
      n: pairs.length,
      mde: null,
      budget: 0,
      verdict,
    },
    aa: null,
    verdict,
    reason: equalityReason(`${delivery} ${metric}`, pairs, checksums),
  };
}

function equalityReason(subject: string, pairs: readonly Pair[], checksums: Pair | null): string {
  const [first] = pairs;
  if (first === undefined) return notMeasured(subject);
  const different = pairs.find(isDifferent);
  if (different !== undefined) {
    return `${subject} is ${different.treatment} and was ${different.control}: it has to be equal.`;
  }
  if (checksums !== null && isDifferent(checksums)) {
    const [is, was] = [checksumText(checksums.treatment), checksumText(checksums.control)];
    return `${subject} is ${first.treatment} as before, but they are other bytes: their CRC-32 is ${is} and was ${was}.`;
  }
  return `${subject} is equal in all ${pairs.length} rounds.`;
}

function notMeasured(subject: string): string {
  return `${subject} was measured in no round, so it can't be judged.`;
}

function isDifferent({ treatment, control }: Pair): boolean {
  return treatment !== control;
}

interface Compared {
  readonly numbers: Pick<Comparison, "ratio" | "ci" | "level" | "method" | "n" | "mde">;
  readonly change: Change;
  /** Whether the bounds reach the level that was asked for; with few rounds they may not. */
  readonly isDecisive: boolean;
}

function compare(pairs: readonly Pair[], level: number, { better, share }: Limit): Compared {
  const ratio = boundRounds(pairs, level);
  const difference = signedRankBounds(
    pairs.map(({ treatment, control }) => treatment - control),
    level,
  );
  const excess = signedRankBounds(
    pairs.map(({ treatment, control }) =>
      better === "lower" ? treatment - mostAllowed(control, share) : control - mostAllowed(treatment, share),
    ),
    level,
  );
  return {
    numbers: {
      ratio: ratio?.ratio ?? null,
      ci: [ratio?.low ?? null, ratio?.high ?? null],
      level: ratio?.level ?? excess?.level ?? null,
      method:
        ratio?.method ??
        "no ratio, because a value is not above zero: exact one-sided signed-rank bounds of what exceeds the budget",
      n: pairs.length,
      mde: ratio?.detectable ?? null,
    },
    change: { ratio, difference, excess },
    isDecisive: difference !== null && difference.level >= level - 1e-9,
  };
}

function reasonOf(
  subject: string,
  comparison: Comparison,
  budget: RelativeBudget,
  verdict: Decision,
  { isDecisive }: Compared,
): string {
  if (comparison.n === 0) return notMeasured(subject);
  const reason = reasonFor(subject, comparison, budget, verdict);
  return isDecisive ? reason : `${reason} ${comparison.n} rounds are too few for a decision.`;
}

/** The values of the rounds in which both arms have the metric. */
function pairsOf(rounds: readonly RoundValues[], arm: "treatment" | "aa"): readonly Pair[] {
  return rounds.flatMap(({ [arm]: treatment, control }) =>
    treatment === null || control === null ? [] : [{ treatment, control }],
  );
}

function ratioOf({ treatment, control }: Pair): number | null {
  return control === 0 ? null : treatment / control;
}
