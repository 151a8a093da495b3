export { runBench, type BenchRun } from "./run-bench.ts";
export type { BenchConfig } from "./config.ts";
export type { BenchHooks, BenchProgress } from "./run-hooks.ts";
export type { CalibrationRun } from "./gate/calibration-run.ts";
export type { Baseline } from "./gate/baseline.ts";
export type { NamedBaseline } from "./gate/gate-settings.ts";
export type { MachineSample } from "./gate/round-guard.ts";
export {
  insideNumbers,
  type InsideNumbersMeter,
  type InsideReport,
  type InsideTotals,
} from "./probe/inside-numbers.ts";
export type { MachineTicks } from "./probe/steal-time.ts";
export type { Throttling } from "./probe/throttling.ts";
export type { BenchResult } from "./result/schema.ts";
export type { MakeReference } from "./trial/survey-export.ts";
