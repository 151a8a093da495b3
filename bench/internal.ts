// What bin and dev need beyond the public entries and results.ts. package.json doesn't export this file, so it can change at
// any time.

export * from "./results.ts";
export { runBench } from "./run/run-bench.ts";
export { scenarios } from "./run/scenarios.ts";
export { processTree } from "./probe/process-tree.ts";
export { seededRandom, shuffled, type Random } from "./statistics/random.ts";
export { withQuotes } from "./result/with-quotes.ts";
