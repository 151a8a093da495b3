import { calibrationFormat, type CalibrationRun } from "../../bench/gate/budget/calibration-run.ts";
import type { BenchResult, Comparison } from "../../bench/result/result.ts";
import type { CalibrationKind } from "./calibration-plan.ts";

/** The record of a gate run: its verdicts and ratios, and those of the two equal arms. */
export function recordOf(
  kind: CalibrationKind,
  result: BenchResult,
  run: { readonly build: string; readonly command: readonly string[]; readonly elapsedSeconds: number },
): CalibrationRun {
  const { environment, arms, comparisons } = result;
  const armOf = (id: string) => arms.find((arm) => arm.id === id);
  const gated = comparisons.filter(({ budget, level }) => budget !== null && level !== null);
  const named = <T>(some: readonly Comparison[], value: (one: Comparison) => T): Record<string, T> =>
    Object.fromEntries(
      some.map((one) => [`${armOf(one.treatment)?.delivery ?? "?"}.${one.metric}`, value(one)]),
    );
  const metrics = new Set(gated.map(({ metric }) => metric));
  const equal = comparisons.filter(
    ({ treatment, metric }) => armOf(treatment)?.role === "aa" && metrics.has(metric),
  );
  const { node, os, cpuModel, cores, fingerprint, gitSha } = environment;
  return {
    schema: calibrationFormat,
    kind,
    createdAt: result.createdAt,
    gitSha,
    build: run.build,
    environment: { node, os, cpuModel, cores, fingerprint },
    seed: result.seed,
    command: [...run.command],
    elapsedSeconds: run.elapsedSeconds,
    verdict: result.verdict,
    exitCode: result.exitCode,
    verdicts: named(gated, ({ verdict }) => verdict),
    ratios: named(gated, ({ ratio }) => ratio),
    equalRatios: named(equal, ({ ratio }) => ratio),
  };
}
