export { runBench } from "./run/run-bench.ts";
export type { BenchRun } from "./run/conclude-run.ts";
export type { BenchConfig, BenchTarget } from "./run/config.ts";
export type { BenchHooks, BenchProgress } from "./run/hooks.ts";
export type { CalibrationRun, Machine } from "./gate/budget/calibration-run.ts";
export type { Baseline, NamedBaseline } from "./gate/baseline/baseline.ts";
export type { MetricValues } from "./gate/baseline/metric-values.ts";
export type { MachineSample } from "./gate/measure/round-guard.ts";
export {
  insideNumbers,
  type InsideNumbersMeter,
  type InsideReport,
  type InsideTotals,
} from "./probe/inside-numbers.ts";
export type { MachineTicks } from "./probe/steal-time.ts";
export type { Throttling } from "./probe/throttling.ts";
export type { TargetSettings } from "./subject/target-spec.ts";
export type {
  Arm,
  BenchResult,
  Check,
  CheckedBody,
  Comparison,
  Environment,
  Integrity,
  MeasuredMetric,
  Round,
  Series,
  Verdict,
} from "./result/result.ts";
export type { MakeReference } from "./session/survey/survey-subjects.ts";
