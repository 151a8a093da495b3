import { StreamCsvError } from "../src/index.ts";
import { systemClock } from "../src/internal.ts";
import { checkConfig, checkHooks, withRangeCode } from "./check-config.ts";
import { resolveConfig, type BenchConfig } from "./config.ts";
import { requireAboveNoise, requireComparable } from "./gate/gate-settings.ts";
import { exitCodeOf, tooFewRounds, type GateReport } from "./gate/judge-run.ts";
import { comparisonsIn } from "./gate/run-comparisons.ts";
import { measureRun, type Findings } from "./measure-run.ts";
import { describeEnvironment } from "./probe/environment.ts";
import { canSampleProcesses } from "./probe/process-tree.ts";
import { metrics } from "./result/metric.ts";
import { resultFormat, type BenchResult, type Verdict } from "./result/schema.ts";
import type { BenchHooks } from "./run-hooks.ts";
import { Logbook } from "./trial/logbook.ts";

/** A result, and what kept it from being whole. */
export interface BenchRun {
  readonly result: BenchResult;
  /** Why the run ended early or can't be trusted; null when all went well. */
  readonly fault: Error | null;
}

const exitCodes = { good: 0, failed: 1, invalid: 4, interrupted: 130 } as const;

/**
 * Measures what an export costs, by starting servers, reading exports from them and sampling them meanwhile; and where
 * there is something to hold it against, says whether that holds.
 *
 * Every server it starts has ended when it resolves. It holds no body and no more than the numbers it reports.
 * @param config - what is measured; everything but the seed has a default
 * @param hooks - what starts the server, who asks, and what is told meanwhile
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` when the configuration can't be run; any later fault is
 *   in the {@link BenchRun}
 * @example
 * ```js
 * import { fileURLToPath } from "node:url";
 * import { runBench } from "stream-csv/bench";
 *
 * const program = fileURLToPath(new URL("dist/bin/stream-csv.js", import.meta.resolve("stream-csv/package.json")));
 * const { result } = await runBench(
 *   { seed: 1, rows: 2000, rounds: 1, scenarios: ["export"], deliveries: ["streaming"], isQuick: true },
 *   { cli: [process.execPath, program], tool: { name: "mine", version: "1.0.0" } },
 * );
 * console.log(result.schema, result.verdict, result.complete);
 * ```
 *
 * ```text
 * stream-csv.bench.v1 informational true
 * ```
 */
export async function runBench(config: BenchConfig, hooks: BenchHooks): Promise<BenchRun> {
  checkConfig(config);
  checkHooks(hooks);
  const resolved = withRangeCode(() => resolveConfig(config));
  const clock = hooks.clock ?? systemClock;
  const signal = hooks.signal ?? new AbortController().signal;
  const environment = await describeEnvironment();
  const { budgets, baseline } = resolved;
  withRangeCode(() => {
    requireAboveNoise(budgets, hooks.calibration ?? [], environment);
    if (baseline !== null)
      requireComparable(baseline, budgets, { config: { ...resolved }, fingerprint: environment.fingerprint });
  });
  const logbook = new Logbook();
  if (resolved.against !== null) {
    for (const warning of tooFewRounds(resolved.rounds, budgets)) logbook.warn(warning);
  }
  if (!canSampleProcesses) {
    logbook.warn(
      "Memory and CPU time of the server are read from /proc, which only Linux has: they are left out.",
    );
  }
  const findings: Findings = {
    tool: { name: hooks.tool.name, version: hooks.tool.version },
    createdAt: new Date(clock.wallMs()).toISOString(),
    environment,
    config: { ...resolved, baseline: baseline?.name ?? null, timedRows: null },
    integrity: { bytes: null, rows: null, sha256: null, equal: null },
    arms: logbook.arms,
    rounds: logbook.rounds,
  };
  let fault: Error | null = null;
  try {
    await measureRun(resolved, { ...hooks, clock, signal }, logbook, findings);
  } catch (error) {
    fault = error instanceof Error ? error : new Error(String(error), { cause: error });
    logbook.warn(
      signal.aborted ? "The run was interrupted; what was measured until then is kept." : fault.message,
    );
  }
  const { gate, ...found } = findings;
  const { verdict, exitCode } = conclude({ fault, gate, signal, isStrict: resolved.isStrict });
  for (const warning of gate?.warnings ?? []) logbook.warn(warning);
  const result: BenchResult = {
    schema: resultFormat,
    seed: resolved.seed,
    ...found,
    rounds: logbook.rounds.map((round) => ({ ...round, order: [...round.order] })),
    metrics: metrics.map(({ id, unit, better, gate: gates }) => ({ id, unit, better, gate: gates })),
    series: logbook.series,
    comparisons: comparisonsIn(resolved.scenarios, logbook, gate),
    checks: logbook.checks,
    ...(gate === undefined ? {} : { reasons: gate.reasons }),
    warnings: logbook.warnings,
    verdict,
    exitCode,
    complete: fault === null,
  };
  return { result, fault };
}

/**
 * What a run came to: a fault before a verdict, and a verdict before none. A body that is wrong makes a run invalid; a
 * server that can't be started, or a fault of our own, makes it fail.
 */
function conclude({
  fault,
  gate,
  signal,
  isStrict,
}: {
  readonly fault: Error | null;
  readonly gate: GateReport | undefined;
  readonly signal: AbortSignal;
  readonly isStrict: boolean;
}): { verdict: Verdict; exitCode: number } {
  if (fault === null) {
    if (gate === undefined) return { verdict: "informational", exitCode: exitCodes.good };
    return { verdict: gate.verdict, exitCode: exitCodeOf(gate.verdict, isStrict) };
  }
  if (signal.aborted) return { verdict: "informational", exitCode: exitCodes.interrupted };
  const isInvalid = fault instanceof StreamCsvError && fault.code === "SCSV_MEASUREMENT_INVALID";
  return { verdict: "invalid", exitCode: isInvalid ? exitCodes.invalid : exitCodes.failed };
}
