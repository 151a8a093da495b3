import type { BenchResult, Comparison } from "../../result/result.ts";
import type { Conclusion } from "../model/report.ts";
import { comparisonSentence, gatedComparisons } from "./comparison-sentence.ts";

/** The verdict of a run in words. A run that couldn't measure is never reported as one without a regression. */
export function conclusionOf(result: BenchResult): Conclusion {
  const unfinished = result.complete
    ? []
    : ["The run ended early: the report shows what was measured until then."];
  if (result.exitCode === 1 || result.verdict === "invalid") {
    const title = result.exitCode === 1 ? "Failed" : "Invalid: these numbers can't be trusted";
    const { reasons = [] } = result;
    return { tone: "bad", title, sentences: [...reasons, ...faultSentences(result), ...unfinished] };
  }
  if (result.verdict === "regression" || result.verdict === "inconclusive") {
    const judged = result.verdict === "regression" ? regression(result) : inconclusive(result);
    return { ...judged, sentences: [...judged.sentences, ...unfinished] };
  }
  if (unfinished.length > 0) {
    return { tone: "doubt", title: "Incomplete", sentences: unfinished };
  }
  if (result.verdict === "pass") {
    const gated = gatedComparisons(result);
    const title =
      gated.length === 1
        ? "Pass: the one comparison is within its budget"
        : `Pass: all ${gated.length} comparisons are within their budgets`;
    // The table of budgets shows how near each of them came.
    return { tone: "good", title, sentences: [] };
  }
  const isFirst = result.config["isFirstBaseline"] === true;
  return {
    tone: "neutral",
    title: isFirst
      ? "Informational: the first run of a baseline has nothing to be compared with"
      : "Informational: no budget was set",
    sentences: [],
  };
}

function regression(result: BenchResult): Conclusion {
  const gated = gatedComparisons(result);
  const worse = gated.filter(({ verdict }) => verdict === "regression");
  return {
    tone: "bad",
    title: `Regression: ${worse.length} of ${gated.length} comparisons ${worse.length === 1 ? "is" : "are"} over budget`,
    sentences: because(result, worse),
  };
}

function inconclusive(result: BenchResult): Conclusion {
  const gated = gatedComparisons(result);
  const open = gated.filter(({ verdict }) => verdict === "inconclusive");
  return {
    tone: "doubt",
    title: `Inconclusive: ${open.length} of ${gated.length} comparisons can't be decided`,
    sentences: [
      ...because(result, open),
      "When the budget lies within the interval, the run shows neither a regression nor its absence. More rounds make the interval narrower.",
    ],
  };
}

/** A run that was judged gives its reasons itself, the gravest first; in a file of an older version its comparisons do. */
function because({ reasons = [] }: BenchResult, comparisons: readonly Comparison[]): readonly string[] {
  return reasons.length > 0 ? reasons.slice(0, comparisons.length) : comparisons.map(comparisonSentence);
}

function faultSentences({ integrity, checks, reasons = [], warnings }: BenchResult): readonly string[] {
  const failed = checks.filter(({ ok }) => !ok);
  const isUnequal = integrity.equal === false;
  return [
    ...(isUnequal ? ["The deliveries gave different bodies."] : []),
    ...failed.map(
      ({ id, observed, expected }) => `${id} is ${String(observed)}, but ${String(expected)} was expected.`,
    ),
    ...(failed.length === 0 && !isUnequal && reasons.length === 0 ? warnings : []),
  ];
}
