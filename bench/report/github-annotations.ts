import type { BenchResult } from "../result/result.ts";
import { plainLines, plainText } from "./plain-text.ts";
import { labelOf } from "./read/metric-label.ts";
import { comparisonSentence, gatedComparisons } from "./section/comparison-sentence.ts";
import { conclusionOf } from "./section/conclusion.ts";

/** GitHub shows ten annotations of each kind for a step and drops the rest. */
const mostAnnotations = 10;

/**
 * Workflow commands that make GitHub show a verdict beside a change: an error for a regression, a failed or an invalid
 * run, a warning when something can't be decided or is incomplete. None for a run that passes or only informs.
 */
export function githubAnnotations(result: BenchResult): readonly string[] {
  const { tone, title, sentences } = conclusionOf(result);
  if (tone === "good" || tone === "neutral") return [];
  const isInvalid = result.verdict === "invalid" || result.exitCode === 1;
  const ofComparisons = isInvalid
    ? []
    : gatedComparisons(result).flatMap((item) => {
        if (item.verdict === "pass" || item.verdict === "informational") return [];
        const level = item.verdict === "regression" ? "error" : "warning";
        const name = `${item.verdict}: ${labelOf(item.metric)} of ${item.treatment}`;
        return [command(level, name, comparisonSentence(item))];
      });
  if (ofComparisons.length > 0) return ofComparisons.slice(0, mostAnnotations);
  return [command(tone === "bad" ? "error" : "warning", title, sentences.join(" "))];
}

function command(level: "error" | "warning", title: string, message: string): string {
  return `::${level} title=${property(plainText(`stream-csv: ${title}`))}::${data(plainLines(message))}`;
}

/** The runner takes percent signs and line breaks of a message only percent-encoded. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
