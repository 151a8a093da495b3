import { totalmem } from "node:os";
import { StreamCsvError, systemClock, type Clock } from "../src/index.ts";
import { ownName, resolveConfig, type BenchConfig, type ResolvedConfig } from "./config.ts";
import { describeEnvironment } from "./probe/environment.ts";
import { canSampleProcesses } from "./probe/process-tree.ts";
import { metrics } from "./result/metric.ts";
import { resultFormat, type BenchResult, type Integrity, type Verdict } from "./result/schema.ts";
import type { Plan, Scenario } from "./scenario/scenario.ts";
import { scenarios } from "./scenario/scenarios.ts";
import { seededRandom } from "./statistics/random.ts";
import { foreignTarget } from "./target/foreign-target.ts";
import { streamCsvServer } from "./target/stream-csv-server.ts";
import type { Target } from "./target/target.ts";
import { explainingArms, gatingArms, type BenchArm } from "./trial/arm.ts";
import { compareArms } from "./trial/compare-arms.ts";
import { Logbook } from "./trial/logbook.ts";
import { surveyExport, type MakeReference, type Survey } from "./trial/survey-export.ts";

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
   * Another version of `stream-csv` to hold this one against: the arms are then this version, the other one as the
   * control, and the other one again, by each delivery.
   */
  readonly against?: { readonly name: string; readonly cli: readonly [string, ...string[]] };
  /**
   * Makes the rows without a server, which shows what is wrong in all deliveries alike.
   * @default they are only held against each other
   */
  readonly makeReference?: MakeReference;
  /** Ends the run early; what was measured until then is in the result. */
  readonly signal?: AbortSignal;
  /** @default systemClock */
  readonly clock?: Clock;
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
const armSeconds = { quick: 0.25, full: 1 } as const;
const mostBufferedBytes = 256 * 1024 ** 2;
const exitCodes = { good: 0, failed: 1, invalid: 4, interrupted: 130 } as const;

/**
 * Measures what an export costs, by starting servers, reading exports from them and sampling them meanwhile.
 *
 * Every server it starts has ended when it resolves. It holds no body and no more than the numbers it reports.
 * @throws RangeError when the configuration can't be run; any later fault is in the {@link BenchRun}
 */
export async function runBench(config: BenchConfig, hooks: BenchHooks): Promise<BenchRun> {
  const resolved = resolveConfig(config);
  const clock = hooks.clock ?? systemClock;
  const signal = hooks.signal ?? new AbortController().signal;
  const logbook = new Logbook();
  const createdAt = new Date(clock.wallMs()).toISOString();
  const environment = await describeEnvironment();
  if (!canSampleProcesses) {
    logbook.warn(
      "Memory and CPU time of the server are read from /proc, which only Linux has: they are left out.",
    );
  }
  const findings: Findings = { integrity: { bytes: null, rows: null, sha256: null, equal: null } };
  let fault: Error | null = null;
  try {
    await measure(resolved, { ...hooks, clock, signal }, logbook, findings);
  } catch (error) {
    fault = error instanceof Error ? error : new Error(String(error), { cause: error });
    logbook.warn(
      signal.aborted ? "The run was interrupted; what was measured until then is kept." : fault.message,
    );
  }
  const { verdict, exitCode } = conclude(fault, signal);
  const result: BenchResult = {
    schema: resultFormat,
    tool: { name: hooks.tool.name, version: hooks.tool.version },
    createdAt,
    seed: resolved.seed,
    environment,
    config: { ...resolved, timedRows: findings.plan?.rows ?? null },
    arms: logbook.arms,
    rounds: logbook.rounds.map((round) => ({ ...round, order: [...round.order] })),
    metrics: metrics.map(({ id, unit, better, gate }) => ({ id, unit, better, gate })),
    series: logbook.series,
    comparisons: resolved.scenarios.flatMap((name) => compareArms(name, logbook.arms, logbook.rounds)),
    checks: logbook.checks,
    integrity: findings.integrity,
    warnings: logbook.warnings,
    verdict,
    exitCode,
    complete: fault === null,
  };
  return { result, fault };
}

/** What the steps before the scenarios find. */
interface Findings {
  integrity: Integrity;
  plan?: Plan;
}

async function measure(
  config: ResolvedConfig,
  hooks: BenchHooks & { readonly clock: Clock; readonly signal: AbortSignal },
  logbook: Logbook,
  findings: Findings,
): Promise<void> {
  const { clock, signal, onProgress } = hooks;
  const startMs = clock.nowMs();
  let step = 0;
  let steps: number | null = null;
  const report = (label: string): void => onProgress?.({ label, step, steps });

  report("looking for the export");
  const target = versionOf(config, { name: ownName, cli: hooks.cli });
  const against = hooks.against === undefined ? null : versionOf(config, hooks.against);
  const foreign = config.targets.map(foreignTarget);
  const survey = await surveyExport(
    { target, clock, signal },
    {
      ...config,
      armSeconds: config.isQuick ? armSeconds.quick : armSeconds.full,
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
  findings.plan = plan;
  const chosen = scenarios.filter(({ name }) => config.scenarios.includes(name));
  steps = chosen.reduce((total, scenario) => total + scenario.countSteps(plan), 0);
  const random = seededRandom(config.seed);
  const deadlineMs = config.isQuick ? startMs + quickMs : Number.POSITIVE_INFINITY;
  const needsMs = (scenario: Scenario): number => scenario.estimateSeconds(plan) * 1000;
  for (const [index, scenario] of chosen.entries()) {
    if (scenario.isDispensable && clock.nowMs() + needsMs(scenario) > deadlineMs) {
      logbook.warn(
        `${scenario.name} was left out, since it would take longer than --quick allows; --scenario ${scenario.name} measures it alone.`,
      );
      continue;
    }
    const later = chosen.slice(index + 1).filter((next) => !next.isDispensable);
    const laterMs = later.reduce((total, next) => total + needsMs(next), 0);
    await scenario.run({
      // What comes later gets the time it needs, but never more than its share.
      deadlineMs: config.isQuick ? deadlineMs - Math.min(laterMs, quickMs * laterShare) : null,
      session,
      plan,
      random,
      logbook,
      step(label) {
        report(label);
        step += 1;
      },
    });
  }
}

/** One version of our server, set up as the run wants it. */
function versionOf(
  config: ResolvedConfig,
  version: Pick<BenchHooks, "cli"> & { readonly name: string },
): Target {
  const { workers, workerModel, slots, sourceFile } = config;
  const sources = sourceFile === null ? [] : [sourceFile];
  return streamCsvServer({
    ...version,
    workers,
    workerModel,
    slots,
    bufferMemoryBytes: bufferMemoryBytes(),
    sources,
  });
}

function bufferMemoryBytes(): number {
  return Math.max(mostBufferedBytes, Math.floor(totalmem() / 4));
}

/** To gate, versions are held against each other; to explain, deliveries and other servers. */
function armsOf(
  { deliveries }: ResolvedConfig,
  { rows, bodies }: Survey,
  targets: { readonly target: Target; readonly against: Target | null; readonly foreign: readonly Target[] },
): readonly BenchArm[] {
  const bodyOf = (target: Target): BenchArm["body"] => bodies.get(target) ?? { rows: 0, bytes: 0, crc32: 0 };
  const { target, against, foreign } = targets;
  return against === null
    ? explainingArms(target, { deliveries, others: foreign, rows }, bodyOf)
    : gatingArms({ treatment: target, control: against }, { deliveries, rows }, bodyOf);
}

function planOf(config: ResolvedConfig, survey: Survey, arms: readonly BenchArm[]): Plan {
  const { deliveries, rounds, isQuick, readers, readBytesPerSecond } = config;
  const { rows, availableRows, rowsPerSecond, exportSeconds, integrity } = survey;
  return {
    arms,
    deliveries,
    rounds,
    rows,
    isRowsGiven: config.rows !== null,
    availableRows,
    mostBufferedBytes,
    bufferMemoryBytes: bufferMemoryBytes(),
    bytesPerRow: (integrity.bytes ?? 0) / Math.max(1, integrity.rows ?? rows),
    rowsPerSecond,
    exportSeconds,
    readers,
    readBytesPerSecond,
    isQuick,
  };
}

/** A body that is wrong makes a run invalid; a server that can't be started, or a fault of our own, makes it fail. */
function conclude(fault: Error | null, signal: AbortSignal): { verdict: Verdict; exitCode: number } {
  if (fault === null) return { verdict: "informational", exitCode: exitCodes.good };
  if (signal.aborted) return { verdict: "informational", exitCode: exitCodes.interrupted };
  const isInvalid = fault instanceof StreamCsvError && fault.code === "SCSV_MEASUREMENT_INVALID";
  return isInvalid
    ? { verdict: "invalid", exitCode: exitCodes.invalid }
    : { verdict: "invalid", exitCode: exitCodes.failed };
}
