import { percentile } from "../../statistics/percentile.ts";
import { lastBuildOf, type CalibrationRun, type Machine } from "./calibration-run.ts";

/** How much two equal versions differ on a kind of machine. */
export interface NoiseFloor {
  /** 95th percentile of the difference, as a share: 0.02 is 2 %. */
  readonly share: number;
  /** The number of runs behind it. */
  readonly runs: number;
}

/** With fewer runs the 95th percentile would be the largest value. */
const fewestRuns = 20;

/**
 * The noise floor of a metric, from the A/A arms of the last build's calibration runs on the same kind of machine.
 * @param name such as `streaming.cpu_s_per_mib`
 * @returns null when there are too few runs
 */
export function noiseFloor(
  runs: readonly CalibrationRun[],
  name: string,
  machine: Machine,
): NoiseFloor | null {
  const differences = lastBuildOf(runs, machine).flatMap((run) => {
    const ratio = run.equalRatios[name];
    // Logarithms, because twice and half are equally far from one; then a share again.
    return typeof ratio === "number" && ratio > 0 ? [Math.expm1(Math.abs(Math.log(ratio)))] : [];
  });
  const share = differences.length < fewestRuns ? null : percentile(differences, 0.95);
  return share === null ? null : { share, runs: differences.length };
}
