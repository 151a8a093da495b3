import type { BenchResult, Round } from "../../result/result.ts";

/**
 * A result whose report has every error once: where it led to the verdict, or else where its round is noted. Rounds and
 * warnings that would repeat it only say what doesn't count.
 * @param isErrorReported whether the error that ended the run is reported elsewhere, with the last lines of its server
 */
export function withErrorsOnce(result: BenchResult, isErrorReported: boolean): BenchResult {
  const { reasons = [], rounds, warnings } = result;
  const isElsewhere = isErrorReported && reasons.length > 0;
  return {
    ...result,
    ...(isElsewhere ? { reasons: [elsewhereText(rounds, reasons)] } : {}),
    rounds: rounds.map((round) => {
      if (!isWithin(round, [...reasons, ...warnings])) return round;
      const { reason: _, ...rest } = round;
      return rest;
    }),
    warnings: warnings.flatMap((warning) => {
      if (reasons.includes(warning)) return [];
      const reason = reasons.find((text) => warning.endsWith(`: ${text}`));
      return [reason === undefined ? warning : `${warning.slice(0, -reason.length - ": ".length)}.`];
    }),
  };
}

/** Whether one of some sentences has the reason of a round that doesn't count. */
function isWithin({ valid, reason }: Round, sentences: readonly string[]): boolean {
  return !valid && reason !== undefined && sentences.some((sentence) => sentence.includes(reason));
}

/** Which round an error ended, where it wasn't before or between the rounds. */
function elsewhereText(rounds: readonly Round[], reasons: readonly string[]): string {
  const round = rounds.findLast((one) => isWithin(one, reasons));
  return round === undefined
    ? "Standard error has the error that ended the run."
    : `Round ${round.index + 1} of ${round.scenario} doesn't count: standard error has the error that ended it.`;
}
