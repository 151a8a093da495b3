export { deliveries, resolveConfig, type BenchConfig, type ResolvedConfig } from "./config.ts";
export { runBench, type BenchHooks, type BenchProgress, type BenchRun } from "./run-bench.ts";
export { scenarios } from "./scenario/scenarios.ts";
export type { Plan, Scenario, ScenarioContext } from "./scenario/scenario.ts";
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
export type { MakeReference } from "./trial/survey-export.ts";
export { compareRounds, type RatioEstimate } from "./statistics/compare.ts";
export { growthOf, type Growth } from "./statistics/growth.ts";
export { leastSquares, type Line, type Point } from "./statistics/least-squares.ts";
export { median } from "./statistics/median.ts";
export { seededRandom, shuffled, type Random } from "./statistics/random.ts";
export { hodgesLehmann, signedRankInterval, type SignedRankInterval } from "./statistics/signed-rank.ts";
export type { Delivery } from "./trial/session.ts";
