import type { BenchResult } from "./result.ts";

/**
 * A result in which the texts that quote servers, setups and answers are changed: reasons and warnings.
 * @param change called with each text
 */
export function withQuotes(result: BenchResult, change: (text: string) => string): BenchResult {
  const { reasons, rounds, warnings } = result;
  return {
    ...result,
    ...(reasons === undefined ? {} : { reasons: reasons.map(change) }),
    rounds: rounds.map((round) =>
      round.reason === undefined ? round : Object.assign({}, round, { reason: change(round.reason) }),
    ),
    warnings: warnings.map(change),
  };
}
