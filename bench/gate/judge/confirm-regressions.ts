import { conclude, type GateReport } from "./judge-run.ts";
import type { Judgement } from "./judge-metric.ts";

/**
 * The metrics that need a second batch of rounds before they may fail a build; empty when there is nothing to confirm.
 * Rows and bytes are not among them, because they do not vary by chance.
 */
export function metricsToConfirm({ judgements, verdict }: GateReport): readonly string[] {
  if (verdict !== "regression") return [];
  return judgements.filter(isDoubtful).map(({ name }) => name);
}

/**
 * What two independent batches of equal size say together. A regression is confirmed when the second batch shows it too.
 * If not, the two contradict each other and nothing is decided. The second batch decides nothing else, and there is no
 * third, because repeated attempts would find a regression anywhere.
 *
 * A confirmed metric gets the numbers of its second batch, because those of the first were selected for being large.
 */
export function confirmRegressions(first: GateReport, second: GateReport): GateReport {
  const doubtful = new Set(metricsToConfirm(first));
  if (doubtful.size === 0) return first;
  const judgements = first.judgements.map((judgement) =>
    doubtful.has(judgement.name)
      ? together(
          judgement,
          second.judgements.find(({ name }) => name === judgement.name),
        )
      : judgement,
  );
  const warnings = [...new Set([...first.warnings, ...second.warnings])];
  return { judgements, ...conclude(judgements), warnings };
}

function isDoubtful({ verdict, comparison }: Judgement): boolean {
  return verdict === "regression" && comparison.level !== null;
}

function together(first: Judgement, second: Judgement | undefined): Judgement {
  if (second === undefined) {
    // A second batch that could not be measured neither confirms the first nor contradicts it.
    return {
      ...first,
      verdict: "invalid",
      reason: `${first.reason} The second batch, which should confirm it, was not measured.`,
    };
  }
  if (second.verdict === "invalid") return second;
  if (second.verdict === "regression") {
    return { ...second, reason: `${second.reason} A first batch of rounds showed it too.` };
  }
  return {
    ...second,
    comparison: { ...second.comparison, verdict: "inconclusive" },
    verdict: "inconclusive",
    reason: `${first.reason} A second batch of rounds didn't confirm it: ${second.reason}`,
  };
}
