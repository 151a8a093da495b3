import type { BenchResult, Comparison } from "../../result/schema.ts";
import { factorText, significant, withoutZeros } from "../number-text.ts";
import { labelOf, type ShownMetric } from "../read/metric-label.ts";

/** What a run came to, for the head of a report. */
export interface Conclusion {
  /** `good`: nothing to do; `bad`: a build fails; `doubt`: nothing can be said; `neutral`: a finding. */
  readonly tone: "good" | "bad" | "doubt" | "neutral";
  readonly title: string;
  /** What led to it, a sentence each. */
  readonly sentences: readonly string[];
}

/** The verdict of a run in words; "could not measure" is never told as "no regression". */
export function concludeInWords(result: BenchResult): Conclusion {
  const gated = gatedComparisons(result);
  const { reasons = [] } = result;
  // A run that was judged says why itself; a file of an older version leaves it to its comparisons.
  const because = (comparisons: readonly Comparison[]): readonly string[] =>
    reasons.length > 0 ? reasons : comparisons.map(comparisonSentence);
  const unfinished = result.complete
    ? []
    : ["The run ended before it was complete: only what was measured until then is shown."];
  if (result.exitCode === 1 || result.verdict === "invalid") {
    const title = result.exitCode === 1 ? "Failed" : "Invalid: these numbers can't be trusted";
    return { tone: "bad", title, sentences: [...reasons, ...faultSentences(result), ...unfinished] };
  }
  if (result.verdict === "regression") {
    const worse = gated.filter(({ verdict }) => verdict === "regression");
    return {
      tone: "bad",
      title: `Regression: ${worse.length} of ${gated.length} gated comparisons over budget`,
      sentences: [...because(worse), ...unfinished],
    };
  }
  if (result.verdict === "inconclusive") {
    const open = gated.filter(({ verdict }) => verdict === "inconclusive");
    return {
      tone: "doubt",
      title: `Inconclusive: ${open.length} of ${gated.length} gated comparisons can't be decided`,
      sentences: [
        ...because(open),
        "An interval that holds its budget shows neither a regression nor its absence; more rounds make it narrower.",
        ...unfinished,
      ],
    };
  }
  if (unfinished.length > 0) return { tone: "doubt", title: "Incomplete", sentences: unfinished };
  if (result.verdict === "pass") {
    return {
      tone: "good",
      title: `Pass: all ${gated.length} gated comparisons within budget`,
      sentences: because(gated),
    };
  }
  return {
    tone: "neutral",
    title: "Informational",
    sentences: [
      "Nothing was held against a budget: what is slower or larger here is a finding, not a failure.",
    ],
  };
}

/** The comparisons that a verdict rests on. */
export function gatedComparisons({ comparisons }: BenchResult): readonly Comparison[] {
  return comparisons.filter(({ verdict, budget }) => verdict !== "informational" || budget !== null);
}

/**
 * The sentence that a comparison was judged by; in a file of an older version what its numbers say:
 * `export: CPU per MiB of this is ×1.12 (1.09–1.15) that of main; the budget is 5.0 %: regression.`
 */
export function comparisonSentence(comparison: Comparison): string {
  const { scenario, metric, treatment, control, budget, verdict, reason } = comparison;
  if (reason !== undefined) return reason;
  const allowed = budget === null ? "no budget is set" : `the budget is ${shareText(budget)}`;
  return `${scenario}: ${labelOf(metric)} of ${treatment} is ${ratioText(comparison)} that of ${control}; ${allowed}: ${verdict}.`;
}

/** Below this ratio of its ends, an interval says more than two digits do. */
const narrowInterval = 1.25;

/** A ratio with its interval, as far as they are known: `×1.12 (1.09–1.15)`. */
export function ratioText({ ratio, ci, n, budget }: Comparison): string {
  if (ratio === null) return "–";
  // What has to be equal differs by a byte among millions, too.
  if (budget === 0) return `×${Number(ratio.toPrecision(10))}`;
  const [low, high] = ci;
  if (low === null || high === null || n < 2) return factorText(ratio);
  if (low <= 0 || high / low > narrowInterval) return factorText(ratio, [low, high]);
  return `×${significant(ratio, 3)} (${significant(low, 3)}–${significant(high, 3)})`;
}

/** What a comparison may differ by: `10 % and 8 MiB`. */
export function budgetText({ budget, least }: Comparison, metric: ShownMetric | undefined): string {
  if (budget === null) return "–";
  if (budget === 0) return "equal";
  const amount =
    typeof least === "number" && metric !== undefined ? ` and ${withoutZeros(metric.text(least))}` : "";
  return `${shareText(budget)}${amount}`;
}

/** A share as people set it: `5 %`. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function faultSentences({ integrity, checks, reasons, warnings }: BenchResult): readonly string[] {
  const failed = checks.filter(({ ok }) => !ok);
  return [
    ...(integrity.equal === false ? ["The deliveries didn't give the same body."] : []),
    ...failed.map(
      ({ id, observed, expected }) => `${id} is ${String(observed)}, and should be ${String(expected)}.`,
    ),
    ...(failed.length === 0 && integrity.equal !== false && (reasons ?? []).length === 0 ? warnings : []),
  ];
}
