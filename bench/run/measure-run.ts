import { StreamCsvError, type Clock } from "../../src/index.ts";
import { ownName, type RunSettings } from "./config.ts";
import type { MeasuredSoFar } from "../gate/baseline/baseline.ts";
import { judgeAgainst } from "../gate/baseline/compare-runs.ts";
import { gatedArmsOf, judgeRun, type GateReport } from "../gate/judge/judge-run.ts";
import { gateSteps, measureGate, turnsOf, type GateQuestion } from "../gate/measure/measure-gate.ts";
import { machineSample } from "../gate/measure/round-guard.ts";
import type { BenchResult, Integrity } from "../result/schema.ts";
import type { BenchHooks } from "./run-hooks.ts";
import { armsOf, mostBufferedBytes, planOf, versionOf } from "./run-plan.ts";
import { exportScenario } from "../scenario/export/export.ts";
import type { RunPlan, Scenario } from "../scenario/scenario.ts";
import { scenarios } from "../scenario/scenarios.ts";
import { seededRandom } from "../statistics/random.ts";
import { foreignTarget } from "../subject/foreign-target.ts";
import { otherVersion } from "../subject/version/other-version.ts";
import type { Target } from "../subject/target.ts";
import type { RunRecord } from "../session/run-record.ts";
import { surveyExport } from "../session/survey/survey-export.ts";

/** What is known of a run before it has ended. */
export interface Findings extends MeasuredSoFar {
  config: BenchResult["config"];
  integrity: Integrity;
  gate?: GateReport;
}

const quickMs = 53_000;
const laterShare = 0.4;
/** How long one export takes; a gate's are shorter, since each arm of it gives several in turn with the others. */
const armSeconds = { gate: 0.1, quick: 0.25, full: 1 } as const;

/** Measures what was asked for, and notes what is found as soon as it is: a fault leaves what was measured before. */
export async function measureRun(
  config: RunSettings,
  hooks: BenchHooks & { readonly clock: Clock; readonly signal: AbortSignal },
  record: RunRecord,
  findings: Findings,
): Promise<void> {
  const { signal, onProgress } = hooks;
  if (config.against === null) return await measureTargets(config, hooks, record, findings, null);
  const { against } = config;
  const other = await otherVersion(against, {
    cwd: hooks.folder ?? ".",
    signal,
    onProgress: (label) => onProgress?.({ label, step: 0, steps: null }),
  });
  try {
    findings.config = { ...findings.config, againstSha: other.sha };
    const target = versionOf(config, { name: against.name, cli: other.cli });
    await measureTargets(config, hooks, record, findings, target);
  } finally {
    await other.remove();
  }
}

/** @param against another version of our server; null without one */
async function measureTargets(
  config: RunSettings,
  hooks: BenchHooks & { readonly clock: Clock; readonly signal: AbortSignal },
  record: RunRecord,
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
  record.checks.push(...checks);
  for (const note of notes) record.warn(note);
  if (faults.length > 0) throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", faults.join(" "));

  const plan = planOf(config, survey, armsOf(config, survey, { target, against, foreign }));
  findings.config = { ...findings.config, timedRows: plan.rows };
  const judge = judgeOf(config, against, plan, findings);
  const asked = { budgets: config.budgets, isInterleaved: against !== null };
  if (judge !== null) findings.config = { ...findings.config, exportsPerRound: turnsOf(plan, asked) };
  const chosen = scenarios.filter(({ name }) => config.scenarios.includes(name));
  const stepsOf = (scenario: Scenario): number =>
    judge !== null && scenario === exportScenario ? gateSteps(plan, asked) : scenario.countSteps(plan);
  steps = chosen.reduce((total, scenario) => total + stepsOf(scenario), 0);
  const random = seededRandom(config.seed);
  const context = {
    session,
    plan,
    random,
    record,
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
      const question = { ...asked, judge, sampleMachine, onSecondBatch };
      findings.gate = await measureGate(context, question);
      continue;
    }
    if (scenario.isDispensable && clock.nowMs() + needsMs(scenario) > deadlineMs) {
      record.warn(
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

function armSecondsOf({ isQuick, against, baseline }: RunSettings): number {
  if (against !== null || baseline !== null) return armSeconds.gate;
  return isQuick ? armSeconds.quick : armSeconds.full;
}

/** What rounds are held against; null in a run that only informs. */
function judgeOf(
  { baseline }: RunSettings,
  against: Target | null,
  { arms }: RunPlan,
  findings: Findings,
): GateQuestion["judge"] | null {
  if (against !== null) {
    const checksums = new Map(arms.map(({ id, body }) => [id, body.crc32]));
    return (rounds, asked) =>
      judgeRun(gatedArmsOf(exportScenario.name, findings.arms, rounds), asked, checksums);
  }
  if (baseline === null) return null;
  return (rounds, asked) => judgeAgainst(baseline, { ...findings, rounds }, asked);
}
