import { untrustedTwice } from "../../bench/gate/measure/round-guard.ts";
import type { BenchResult } from "../../bench/result/result.ts";

/** The judgement of a run about a change. */
export interface Finding {
  readonly isBad: boolean;
  readonly sentences: readonly string[];
}

/** The checks that don't depend on the machine's speed or load. */
const independent = /^(integrity\.|scaling\.streaming\.)/;
const needed = ["scaling.streaming.slope_bytes_per_row", "scaling.streaming.peak_rise_bytes"];

/**
 * Checks a run of `scaling` by all deliveries against facts that hold on any machine; a missing measurement is bad
 * too.
 */
export function factsOf({ checks, integrity, complete, warnings }: BenchResult): Finding {
  if (integrity.equal !== true) {
    return { isBad: true, sentences: ["The deliveries didn't give the same bytes.", ...warnings] };
  }
  const missing = needed.filter((id) => !checks.some((check) => check.id === id));
  if (!complete || missing.length > 0) {
    const what = missing.length > 0 ? ` There is no ${missing.join(", no ")}.` : "";
    return { isBad: true, sentences: [`The run of facts ended early.${what}`, ...warnings] };
  }
  const own = checks.filter(({ id }) => independent.test(id));
  const broken = own.filter(({ ok }) => !ok);
  const sentences = broken.map(
    ({ id, observed, expected, tolerance }) =>
      `${id} is ${String(observed)}, and should be ${String(expected)}${tolerance === null || tolerance === 0 ? "" : `, up to ${tolerance} more`}.`,
  );
  if (broken.length > 0) return { isBad: true, sentences };
  return {
    isBad: false,
    sentences: [
      `All ${own.length} facts hold: equal bytes by every delivery, and a streamed export in flat memory.`,
    ],
  };
}

/**
 * Judges a gate run against the previous commit. A regression of the costs is bad, and so is a run that failed in its
 * rounds, because then this version had an error or died. On a machine that is too noisy the run is undecided, which
 * isn't bad. A commit may change the output on purpose.
 */
export function costOf({
  verdict,
  comparisons,
  reasons = [],
  complete,
  exitCode,
  warnings,
  rounds,
  integrity,
}: BenchResult): Finding {
  if (integrity.equal === false) {
    return { isBad: true, sentences: ["This version's deliveries didn't give the same bytes.", ...warnings] };
  }
  if (!complete) {
    const isMeasured = rounds.length > 0;
    const what = isMeasured
      ? "The comparison with the commit before ended early"
      : "The commit before can't be measured";
    const isOfOthers =
      !isMeasured || exitCode === 130 || warnings.some((warning) => warning.startsWith(untrustedTwice));
    return { isBad: !isOfOthers, sentences: [`${what}, so nothing is said of the cost.`, ...warnings] };
  }
  const isMoreExpensive = comparisons.some(
    (item) => item.budget !== null && item.level !== null && item.verdict === "regression",
  );
  const notes =
    verdict === "pass" || verdict === "regression"
      ? []
      : [`The comparison with the commit before is ${verdict}.`];
  return { isBad: isMoreExpensive, sentences: [...notes, ...reasons] };
}
