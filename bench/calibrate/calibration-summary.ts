import type { CalibrationRun } from "../gate/calibration-run.ts";
import { noiseFloor } from "../gate/noise-floor.ts";
import type { CalibrationKind } from "./calibration-plan.ts";

/** Whether the gate keeps what it promises. */
export interface CalibrationSummary {
  readonly sentences: readonly string[];
  readonly isKept: boolean;
}

/** What each kind of run has to show, as a share of its runs. */
const promises: Readonly<
  Record<CalibrationKind, { readonly metric: string | null; readonly least: number; readonly most: number }>
> = {
  aa: { metric: null, least: 0, most: 1 / 100 },
  slow: { metric: "streaming.cpu_s_per_mib", least: 57 / 60, most: 1 },
  heavy: { metric: "streaming.peak_rss_over_idle_bytes", least: 1, most: 1 },
};

/** Counts what the runs of one machine found, and says for each kind whether that is what was promised. */
export function summarize(runs: readonly CalibrationRun[], fingerprint: string): CalibrationSummary {
  const own = runs.filter((run) => run.environment.fingerprint === fingerprint);
  const counted = (Object.keys(promises) as CalibrationKind[]).map((kind) => countOf(kind, own));
  const names = [...new Set(own.flatMap((run) => Object.keys(run.equalRatios)))];
  const floors = names.map((name) => {
    const floor = noiseFloor(own, name, fingerprint);
    return floor === null
      ? `${name}: too few runs for a noise floor.`
      : `${name}: two equal versions differ by at most ${(floor.share * 100).toFixed(1)} % in 95 of 100 runs (${floor.runs} runs).`;
  });
  return {
    sentences: [...counted.map(({ sentence }) => sentence), ...floors],
    isKept: counted.every(({ isKept }) => isKept),
  };
}

function countOf(
  kind: CalibrationKind,
  runs: readonly CalibrationRun[],
): { readonly sentence: string; readonly isKept: boolean } {
  const { metric, least, most } = promises[kind];
  const own = runs.filter((run) => run.kind === kind);
  const found = own.filter(({ verdict, verdicts }) =>
    metric === null
      ? verdict === "regression"
      : verdict === "regression" && verdicts[metric] === "regression",
  ).length;
  const invalid = own.filter(({ verdict }) => verdict === "invalid").length;
  const share = own.length === 0 ? null : found / own.length;
  const isKept = share === null || (share >= least && share <= most);
  const what = metric === null ? "false regressions" : `regressions of ${metric} found`;
  if (own.length === 0) return { sentence: `${kind}: no runs so far.`, isKept };
  const doubt = invalid === 0 ? "" : ` ${invalid} were invalid.`;
  return {
    sentence: `${kind}: ${found} ${what} in ${own.length} runs, ${isKept ? "as" : "not as"} promised.${doubt}`,
    isKept,
  };
}
