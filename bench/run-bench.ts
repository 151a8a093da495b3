import { StreamCsvError, systemClock, type Clock } from "../src/index.ts";
import { ownName, resolveConfig, type BenchConfig, type ResolvedConfig } from "./config.ts";
import type { MeasuredSoFar } from "./gate/baseline.ts";
import type { CalibrationRun } from "./gate/calibration-run.ts";
import { judgeAgainst } from "./gate/compare-runs.ts";
import { requireAboveNoise, requireComparable } from "./gate/gate-settings.ts";
import { exitCodeOf, gatedArmsOf, judgeRun, tooFewRounds, type GateReport } from "./gate/judge-run.ts";
import { gateSteps, measureGate, type GateQuestion } from "./gate/measure-gate.ts";
import { machineSample, type MachineSample } from "./gate/round-guard.ts";
import { comparisonsIn } from "./gate/run-comparisons.ts";
import { describeEnvironment } from "./probe/environment.ts";
import { canSampleProcesses } from "./probe/process-tree.ts";
import { metrics } from "./result/metric.ts";
import { resultFormat, type BenchResult, type Integrity, type Verdict } from "./result/schema.ts";
import { armsOf, mostBufferedBytes, planOf, versionOf } from "./run-plan.ts";
import { exportScenario } from "./scenario/export.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { scenarios } from "./scenario/scenarios.ts";
import { seededRandom } from "./statistics/random.ts";
import { foreignTarget } from "./target/foreign-target.ts";
import { otherVersion } from "./target/other-version.ts";
import type { Target } from "./target/target.ts";
import { Logbook } from "./trial/logbook.ts";
import { surveyExport, type MakeReference } from "./trial/survey-export.ts";

/** How far a run is. */
export interface BenchProgress {
  /** What is done now. */
  readonly label: string;
  readonly step: number;
  /** Steps in all; null until the exports are sized. */
  readonly steps: number | null;
}

/** What a run takes from whoever starts it. */
export interface BenchHooks {
  /** Program and arguments that start `stream-csv`, to which `serve` is added. */
  readonly cli: readonly [string, ...string[]];
  readonly tool: { readonly name: string; readonly version: string };
  /**
   * A folder of the repository that `git:REF` is looked for in.
   * @default "."
   */
  readonly folder?: string;
  /**
   * What is known of the noise of machines; budgets below that of this one are refused.
   * @default nothing
   */
  readonly calibration?: readonly CalibrationRun[];
  /**
   * Makes the rows without a server, which shows what is wrong in all deliveries alike.
   * @default they are only held against each other
   */
  readonly makeReference?: MakeReference;
  /** Ends the run early; what was measured until then is in the result. */
  readonly signal?: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Tells how much of the machine was given to others, or kept from us; a run that gates asks around each round.
   * @default what the kernel says
   */
  readonly sampleMachine?: () => Promise<MachineSample>;
  readonly onProgress?: (progress: BenchProgress) => void;
}

/** A result, and what kept it from being whole. */
export interface BenchRun {
  readonly result: BenchResult;
  /** Why the run ended early or can't be trusted; null when all went well. */
  readonly fault: Error | null;
}

const quickMs = 53_000;
const laterShare = 0.4;
/** How long one export takes; a gate's are shorter, since each arm of it gives several in turn with the others. */
const armSeconds = { gate: 0.1, quick: 0.25, full: 1 } as const;
const exitCodes = { good: 0, failed: 1, invalid: 4, interrupted: 130 } as const;

/**
 * Measures what an export costs, by starting servers, reading exports from them and sampling them meanwhile; and where
 * there is something to hold it against, says whether that holds.
 *
 * Every server it starts has ended when it resolves. It holds no body and no more than the numbers it reports.
 * @throws RangeError when the configuration can't be run; any later fault is in the {@link BenchRun}
 */
export async function runBench(config: BenchConfig, hooks: BenchHooks): Promise<BenchRun> {
  const resolved = resolveConfig(config);
  const clock = hooks.clock ?? systemClock;
  const signal = hooks.signal ?? new AbortController().signal;
  const environment = await describeEnvironment();
  const { budgets, baseline } = resolved;
  requireAboveNoise(budgets, hooks.calibration ?? [], environment.fingerprint);
  if (baseline !== null) {
    requireComparable(baseline, budgets, { config: { ...resolved }, fingerprint: environment.fingerprint });
  }
  const logbook = new Logbook();
  for (const warning of tooFewRounds(resolved.rounds, budgets)) logbook.warn(warning);
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
    await measure(resolved, { ...hooks, clock, signal }, logbook, findings);
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

/** What is known of a run before it has ended. */
interface Findings extends MeasuredSoFar {
  config: BenchResult["config"];
  integrity: Integrity;
  gate?: GateReport;
}

async function measure(
  config: ResolvedConfig,
  hooks: BenchHooks & { readonly clock: Clock; readonly signal: AbortSignal },
  logbook: Logbook,
  findings: Findings,
): Promise<void> {
  const { signal, onProgress } = hooks;
  if (config.against === null) return await measureTargets(config, hooks, logbook, findings, null);
  const { against } = config;
  const other = await otherVersion(against, {
    cwd: hooks.folder ?? ".",
    signal,
    onProgress: (label) => onProgress?.({ label, step: 0, steps: null }),
  });
  try {
    const target = versionOf(config, { name: against.name, cli: other.cli });
    await measureTargets(config, hooks, logbook, findings, target);
  } finally {
    await other.remove();
  }
}

/** @param against another version of our server; null without one */
async function measureTargets(
  config: ResolvedConfig,
  hooks: BenchHooks & { readonly clock: Clock; readonly signal: AbortSignal },
  logbook: Logbook,
  findings: Findings,
  against: Target | null,
): Promise<void> {
  const { clock, signal, onProgress } = hooks;
  const startMs = clock.nowMs();
  let step = 0;
  let steps: number | null = null;
  const report = (label: string): void => onProgress?.({ label, step, steps });

  report("looking for the export");
  const target = versionOf(config, { name: ownName, cli: hooks.cli });
  const foreign = config.targets.map(foreignTarget);
  const survey = await surveyExport(
    { target, clock, signal },
    {
      ...config,
      armSeconds: armSecondsOf(config),
      mostBytes: mostBufferedBytes / 2,
      others: against === null ? foreign : [against],
      makeReference: hooks.makeReference ?? (() => Promise.resolve(null)),
    },
    report,
  );
  const { session, integrity, checks, faults, notes } = survey;
  findings.integrity = integrity;
  logbook.checks.push(...checks);
  for (const note of notes) logbook.warn(note);
  if (faults.length > 0) throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", faults.join(" "));

  const plan = planOf(config, survey, armsOf(config, survey, { target, against, foreign }));
  findings.config = { ...findings.config, timedRows: plan.rows };
  const judge = judgeOf(config, against, findings);
  const chosen = scenarios.filter(({ name }) => config.scenarios.includes(name));
  const stepsOf = (scenario: Scenario): number =>
    judge !== null && scenario === exportScenario ? gateSteps(plan) : scenario.countSteps(plan);
  steps = chosen.reduce((total, scenario) => total + stepsOf(scenario), 0);
  const random = seededRandom(config.seed);
  const context = {
    session,
    plan,
    random,
    logbook,
    step(label: string): void {
      report(label);
      step += 1;
    },
  };
  const deadlineMs = config.isQuick ? startMs + quickMs : Number.POSITIVE_INFINITY;
  const needsMs = (scenario: Scenario): number => scenario.estimateSeconds(plan) * 1000;
  for (const [index, scenario] of chosen.entries()) {
    if (judge !== null && scenario === exportScenario) {
      const onSecondBatch = (more: number): void => {
        steps = (steps ?? 0) + more;
      };
      const { sampleMachine = machineSample } = hooks;
      const question = { budgets: config.budgets, judge, sampleMachine, onSecondBatch };
      findings.gate = await measureGate(context, question);
      continue;
    }
    if (scenario.isDispensable && clock.nowMs() + needsMs(scenario) > deadlineMs) {
      logbook.warn(
        `${scenario.name} was left out, since it would take longer than --quick allows; --scenario ${scenario.name} measures it alone.`,
      );
      continue;
    }
    const later = chosen.slice(index + 1).filter((next) => !next.isDispensable);
    const laterMs = later.reduce((total, next) => total + needsMs(next), 0);
    await scenario.run({
      ...context,
      // What comes later gets the time it needs, but never more than its share.
      deadlineMs: config.isQuick ? deadlineMs - Math.min(laterMs, quickMs * laterShare) : null,
    });
  }
}

function armSecondsOf({ isQuick, against, baseline }: ResolvedConfig): number {
  if (against !== null || baseline !== null) return armSeconds.gate;
  return isQuick ? armSeconds.quick : armSeconds.full;
}

/** What rounds are held against; null in a run that only informs. */
function judgeOf(
  { baseline }: ResolvedConfig,
  against: Target | null,
  findings: Findings,
): GateQuestion["judge"] | null {
  if (against !== null) {
    return (rounds, asked) => judgeRun(gatedArmsOf(exportScenario.name, findings.arms, rounds), asked);
  }
  if (baseline === null) return null;
  return (rounds, asked) => judgeAgainst(baseline, { ...findings, rounds }, asked);
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
