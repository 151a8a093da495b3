export type { BenchConfig } from "./run/config.ts";
export { resolveConfig } from "./run/resolve-config.ts";
export type { RunSettings } from "./run/settings.ts";
export { runBench } from "./run/run-bench.ts";
export type { BenchRun } from "./run/conclude-run.ts";
export type { BenchHooks, BenchProgress } from "./run/hooks.ts";
export { scenarios } from "./run/scenarios.ts";
export type { RunPlan, Scenario, ScenarioContext } from "./scenario/scenario.ts";
export { baselineOf, parseBaseline, type Baseline, type NamedBaseline } from "./gate/baseline/baseline.ts";
export { defaultBudgets, parseBudget, requireAboveFloor, type Budget } from "./gate/budget/budget.ts";
export { parseCalibration, type CalibrationRun } from "./gate/budget/calibration-run.ts";
export { compareRuns, type RunComparison, type RunNames } from "./gate/baseline/compare-runs.ts";
export {
  compareResults,
  type ComparedResults,
  type CompareOptions,
} from "./gate/baseline/compare-results.ts";
export { confirmRegressions, metricsToConfirm } from "./gate/judge/confirm-regressions.ts";
export type { Judgement } from "./gate/judge/judge-metric.ts";
export {
  comparisonsOf,
  exitCodeOf,
  gatedArmsOf,
  judgeRun,
  tooFewRounds,
  type GatedArms,
  type GateReport,
  type GateVerdict,
} from "./gate/judge/judge-run.ts";
export { noiseFloor, type NoiseFloor } from "./gate/budget/noise-floor.ts";
export {
  measureTwiceAtMost,
  roundFault,
  type MachineSample,
  type RoundWatch,
} from "./gate/measure/round-guard.ts";
export { comparisonText } from "./report/comparison-text.ts";
export type { ComparedRow, ComparisonView } from "./result/comparison-view.ts";
export { githubAnnotations } from "./report/annotations.ts";
export { plainLines } from "./report/plain-text.ts";
export type { Renderer, RenderOptions } from "./report/renderer.ts";
export { renderers, renderReport, type ReportFormat } from "./report/renderers.ts";
export { terminalReport, type TerminalReportOptions } from "./report/terminal.ts";
export { metrics, type Measured, type Metric, type MetricId, type MetricUnit } from "./result/metric.ts";
export {
  resultFormat,
  resultSchema,
  type Arm,
  type BenchResult,
  type Check,
  type Comparison,
  type Environment,
  type Integrity,
  type Round,
  type Series,
  type Verdict,
} from "./result/schema.ts";
export { parseResult, readResultFile } from "./result/read-result.ts";
export { readExport, type ExportReading, type ReadExportOptions } from "./load/read-export.ts";
export { probeLatency, type LatencyProbeOptions, type LatencySummary } from "./load/probe-latency.ts";
export type { BodyContent } from "./load/body-check.ts";
export type { Gaps } from "./load/gap-recorder.ts";
export type { ResponseHead } from "./load/response-head.ts";
export { insideNumbers, type InsideNumbersMeter, type InsideReport } from "./probe/inside-numbers.ts";
export { cpuSeconds } from "./probe/cpu-time.ts";
export {
  canSampleProcesses,
  peakResidentBytes,
  processTree,
  residentBytes,
  resetPeaks,
} from "./probe/process-tree.ts";
export { bytesInSocketBuffers } from "./probe/socket-buffers.ts";
export type { MakeReference } from "./session/survey/survey-subjects.ts";
export { bonferroniLevel } from "./statistics/bonferroni.ts";
export {
  boundRounds,
  boundRuns,
  compareRounds,
  type Pair,
  type RatioBounds,
  type RatioEstimate,
} from "./statistics/compare.ts";
export { detectableEffect, fewestRounds } from "./statistics/detectable-effect.ts";
export { growthOf, type Growth } from "./statistics/growth.ts";
export { leastSquares, type Line, type Point } from "./statistics/least-squares.ts";
export { median } from "./statistics/median.ts";
export { rankSumBounds, type ShiftEstimate } from "./statistics/rank-sum.ts";
export { seededRandom, shuffled, type Random } from "./statistics/random.ts";
export { signedRankTest, type SignedRankTest } from "./statistics/signed-rank-test.ts";
export {
  hodgesLehmann,
  signedRankBounds,
  signedRankInterval,
  type SignedRankInterval,
} from "./statistics/signed-rank.ts";
export type { Delivery } from "../src/index.ts";
