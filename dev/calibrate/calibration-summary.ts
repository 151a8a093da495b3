import { lastBuildOf, type CalibrationRun, type Machine } from "../../bench/gate/budget/calibration-run.ts";
import { noiseFloor } from "../../bench/gate/budget/noise-floor.ts";
import { percent } from "../../bench/result/percent.ts";
import { percentile } from "../../bench/statistics/percentile.ts";
import type { CalibrationKind } from "./calibration-plan.ts";

/** Whether the gate keeps what it promises. */
export interface CalibrationSummary {
  readonly sentences: readonly string[];
  readonly isKept: boolean;
}

/** The required result of each kind of run, as a share of its runs. */
const promises: Readonly<
  Record<CalibrationKind, { readonly metric: string | null; readonly least: number; readonly most: number }>
> = {
  aa: { metric: null, least: 0, most: 1 / 100 },
  slow: { metric: "streaming.cpu_s_per_mib", least: 57 / 60, most: 1 },
  heavy: { metric: "streaming.peak_rss_over_idle_bytes", least: 1, most: 1 },
};

/** If a larger share of the runs has no verdict, the other runs prove nothing. */
const mostInvalid = 0.1;

/**
 * Counts the verdicts of the last build's runs on one machine, and says for each kind whether they keep the promise.
 */
export function summarize(runs: readonly CalibrationRun[], machine: Machine): CalibrationSummary {
  const own = lastBuildOf(runs, machine);
  const counted = (Object.keys(promises) as CalibrationKind[]).map((kind) =>
    countOf(
      kind,
      own.filter((run) => run.kind === kind),
    ),
  );
  const names = [...new Set(own.flatMap((run) => Object.keys(run.equalRatios)))];
  const floors = names.map((name) => {
    const floor = noiseFloor(own, name, machine);
    return floor === null
      ? `${name}: too few runs for a noise floor.`
      : `${name}: two equal versions differ by at most ${percent(floor.share)} in 95 of 100 runs (${floor.runs} runs).`;
  });
  return {
    sentences: [...counted.flatMap(({ sentences }) => sentences), ...floors],
    isKept: counted.every(({ isKept }) => isKept),
  };
}

/** @param runs all runs of that kind */
function countOf(kind: CalibrationKind, runs: readonly CalibrationRun[]): CalibrationSummary {
  const { metric, least, most } = promises[kind];
  if (runs.length === 0) return { sentences: [`${kind}: no runs so far.`], isKept: true };
  const found = runs.filter(
    ({ verdict, verdicts }) =>
      verdict === "regression" && (metric === null || verdicts[metric] === "regression"),
  ).length;
  // A run that can't be trusted finds nothing, so it counts as a miss where a change should be found, and as no pass
  // elsewhere.
  const trusted = runs.filter(({ verdict }) => verdict !== "invalid").length;
  const isKept =
    trusted >= runs.length * (1 - mostInvalid) && found >= runs.length * least && found <= trusted * most;
  const what = metric === null ? "false regressions" : `regressions of ${metric} found`;
  const verdicts = ["pass", "regression", "inconclusive", "invalid"]
    .map((verdict) => ({ verdict, count: runs.filter((run) => run.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`);
  const promise = isKept ? "as promised" : "not as promised";
  const sentence = `${kind}: ${found} ${what} in ${runs.length} runs, ${promise} (${verdicts.join(", ")}).`;
  return { sentences: [sentence, ...(metric === null ? [] : [sizeOf(kind, metric, runs)])], isKept };
}

/** The size of the change that the runs found. */
function sizeOf(kind: CalibrationKind, metric: string, runs: readonly CalibrationRun[]): string {
  const changes = runs.flatMap(({ ratios }) => ratios[metric] ?? []).map((ratio) => ratio - 1);
  const [low, middle, high] = [0.05, 0.5, 0.95].map((share) => percent(percentile(changes, share) ?? 0));
  return `${kind}: by ${middle} in the median, and by ${low} to ${high} in nine of ten runs.`;
}
