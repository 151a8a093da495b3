import type { CalibrationRun } from "../../bench/gate/budget/calibration-run.ts";
import type { Handicap } from "./version-copy.ts";

export type CalibrationKind = CalibrationRun["kind"];

/** The number of runs of each kind. */
export type WantedRuns = Readonly<Record<CalibrationKind, number>>;

/** The handicap on this version in each kind of run. */
export const handicaps: Readonly<Record<CalibrationKind, Handicap>> = {
  aa: null,
  slow: "slower-streams",
  heavy: "heavier-streams",
};

/**
 * The remaining runs, with the kinds spread evenly, so that an interrupted calibration has some of each kind, and the
 * time of day affects all kinds alike.
 * @param done runs in the file; only those of this machine and this build count
 */
export function remainingRuns(
  wanted: WantedRuns,
  done: readonly CalibrationRun[],
  place: { readonly fingerprint: string; readonly build: string },
): readonly CalibrationKind[] {
  const own = done.filter(
    (run) => run.environment.fingerprint === place.fingerprint && run.build === place.build,
  );
  const kinds = Object.keys(handicaps) as CalibrationKind[];
  return kinds
    .flatMap((kind) => {
      const made = own.filter((run) => run.kind === kind).length;
      // Each run is placed at its kind's share of the whole.
      return Array.from({ length: Math.max(0, wanted[kind] - made) }, (_, index) => ({
        kind,
        due: (made + index + 0.5) / wanted[kind],
      }));
    })
    .toSorted((first, second) => first.due - second.due)
    .map(({ kind }) => kind);
}

/** The flags of a gate run of about 25 s on two quiet cores: eight rounds of three small arms. */
export function gateProfile(seed: number): readonly string[] {
  const flags = [
    "--quick --no-progress --scenario export --deliveries streaming --rows 100000 --rounds 8",
    "--budget streaming.cpu_s_per_mib=5% --budget streaming.peak_rss_over_idle_bytes=10%",
    `--seed ${seed}`,
  ];
  return flags.join(" ").split(" ");
}
