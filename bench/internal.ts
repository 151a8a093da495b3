// What bin and dev need beyond the public entries. package.json doesn't export this file, so it can change at any time.

export { runBench } from "./run/run-bench.ts";
export { scenarios } from "./run/scenarios.ts";
export { baselineOf, parseBaseline } from "./gate/baseline/baseline.ts";
export { parseBudget, relativeOf, type Budget } from "./gate/budget/budget.ts";
export { parseCalibration } from "./gate/budget/calibration-run.ts";
export { compareResults } from "./gate/baseline/compare-results.ts";
export { comparisonText } from "./report/comparison-text.ts";
export { githubAnnotations } from "./report/annotations.ts";
export { plainLines } from "./report/plain-text.ts";
export { renderReport, type ReportFormat } from "./report/renderers.ts";
export { parseResult, readResultFile } from "./result/read-result.ts";
export { processTree } from "./probe/process-tree.ts";
export { seededRandom, shuffled, type Random } from "./statistics/random.ts";
