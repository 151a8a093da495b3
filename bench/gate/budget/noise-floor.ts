import { percentile } from "../../statistics/percentile.ts";
import { lastBuildOf, type CalibrationRun, type Machine } from "./calibration-run.ts";

/** By how much two equal versions differ on a kind of machine. */
export interface NoiseFloor {
  /** 95th percentile of the difference, as a share: 0.02 is 2 %. */
  readonly share: number;
  /** Runs it was taken from. */
  readonly runs: number;
}

/** Below that the 95th percentile is the largest value, whatever it is. */
const fewestRuns = 20;

/**
 * The noise floor of a metric, from the A/A arms of the last build's calibration runs on the same kind of machine.
 * @param name such as `streaming.cpu_s_per_mib`
 * @returns null when too few runs are known
 */
export function noiseFloor(
  runs: readonly CalibrationRun[],
  name: string,
  machine: Machine,
): NoiseFloor | null {
  const differences = lastBuildOf(runs, machine).flatMap((run) => {
    const ratio = run.equalRatios[name];
    // Twice and half are equally far apart, therefore logarithms; a share again for the reader.
    return typeof ratio === "number" && ratio > 0 ? [Math.expm1(Math.abs(Math.log(ratio)))] : [];
  });
  const share = differences.length < fewestRuns ? null : percentile(differences, 0.95);
  return share === null ? null : { share, runs: differences.length };
}
