import { StreamCsvError } from "../../src/ground.ts";
import { exitCodeOf } from "../gate/judge/judge-run.ts";
import { comparisonsIn } from "../gate/judge/run-comparisons.ts";
import { metrics } from "../result/metric.ts";
import { resultFormat, type BenchResult, type Verdict } from "../result/result.ts";
import { withQuotes } from "../result/with-quotes.ts";
import { withoutPasswords } from "../subject/without-passwords.ts";
import type { Run } from "./run.ts";

/** A result, and what kept it from being whole. */
export interface BenchRun {
  readonly result: BenchResult;
  /** Why the run ended early or can't be trusted; null when all went well. */
  readonly fault: Error | null;
}

const exitCodes = { good: 0, failed: 1, invalid: 4, interrupted: 130 } as const;

/** The result of a run, from all that was found until it ended. */
export function concludeRun(run: Run, fault: Error | null): BenchRun {
  const { settings, hooks, record, findings } = run;
  const { gate, ...found } = findings;
  if (fault !== null) {
    const interrupted = "The run was interrupted; what was measured until then is kept.";
    record.warn(hooks.signal.aborted ? interrupted : fault.message);
  }
  for (const warning of gate?.warnings ?? []) record.warn(warning);
  const result: BenchResult = {
    schema: resultFormat,
    seed: settings.seed,
    ...found,
    rounds: record.rounds.map((round) => ({ ...round, order: [...round.order] })),
    metrics: metrics.map(({ id, unit, better, gate: gates }) => ({ id, unit, better, gate: gates })),
    series: record.series,
    comparisons: comparisonsIn(settings.scenarios, record, gate),
    checks: record.checks,
    ...reasonsOf(run, fault),
    warnings: record.warnings,
    ...outcomeOf(run, fault),
    complete: fault === null,
  };
  // What servers and setups wrote, which messages quote, may have the password of an address in it.
  return { result: withQuotes(result, withoutPasswords), fault };
}

/** What led to the verdict: an error that is not an interruption, or what the gate says. */
function reasonsOf({ hooks, findings: { gate } }: Run, fault: Error | null): Pick<BenchResult, "reasons"> {
  if (fault !== null && !hooks.signal.aborted) return { reasons: [fault.message] };
  return gate === null ? {} : { reasons: gate.reasons };
}

/**
 * The verdict and exit code: those of an error before those of the gate. A body that is wrong makes a run invalid; a
 * server that can't be started, or an error of our own, makes it fail.
 */
function outcomeOf(
  { settings, hooks, findings: { gate } }: Run,
  fault: Error | null,
): { readonly verdict: Verdict; readonly exitCode: number } {
  if (fault === null) {
    if (gate === null) return { verdict: "informational", exitCode: exitCodes.good };
    return { verdict: gate.verdict, exitCode: exitCodeOf(gate.verdict, settings.isStrict) };
  }
  if (hooks.signal.aborted) return { verdict: "informational", exitCode: exitCodes.interrupted };
  const isInvalid = fault instanceof StreamCsvError && fault.code === "SCSV_MEASUREMENT_INVALID";
  return { verdict: "invalid", exitCode: isInvalid ? exitCodes.invalid : exitCodes.failed };
}
