export { runBench, type BenchRun } from "./run/run-bench.ts";
export type { BenchConfig } from "./run/config.ts";
export type { BenchHooks, BenchProgress } from "./run/run-hooks.ts";
export type { CalibrationRun } from "./gate/calibration-run.ts";
export type { NamedBaseline } from "./gate/gate-settings.ts";
export type { MachineSample } from "./gate/round-guard.ts";
export { insideNumbers, type InsideNumbersMeter, type InsideReport } from "./probe/inside-numbers.ts";
export type { BenchResult } from "./result/schema.ts";
export type { MakeReference } from "./session/survey-export.ts";
