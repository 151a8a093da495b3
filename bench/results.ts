// What reads, compares and renders results, without what measures. package.json doesn't export this file, so it can change
// at any time.

export { baselineOf, parseBaseline } from "./gate/baseline/baseline.ts";
export { parseBudget, type Budget } from "./gate/budget/budget.ts";
export { parseCalibration } from "./gate/budget/calibration-run.ts";
export { compareResults } from "./gate/baseline/compare-results.ts";
export { comparisonText } from "./report/comparison-text.ts";
export { githubAnnotations } from "./report/github-annotations.ts";
export { plainLines } from "./report/plain-text.ts";
export { renderReport, type ReportFormat } from "./report/renderers.ts";
export { parseResult, readResultFile } from "./result/read-result.ts";
