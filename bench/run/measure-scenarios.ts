import { gatedExport } from "../gate/measure/gated-export.ts";
import { machineNotes } from "../gate/measure/round-guard.ts";
import { runApart } from "../scenario/run-apart.ts";
import type { RunPlan, Scenario } from "../scenario/scenario.ts";
import { scenarios } from "./scenarios.ts";
import type { Session } from "../session/session.ts";
import { seededRandom } from "../statistics/random.ts";
import { announceDuration } from "./announce-duration.ts";
import { planGate } from "./plan-gate.ts";
import { laterShare, quickMs } from "./quick.ts";
import { gatingScenario } from "./resolve-gate.ts";
import type { Run } from "./run.ts";

/**
 * Measures the rounds of each scenario, one scenario after the other. Each records what it finds as soon as it is found,
 * and the failure of one leaves the others valid.
 * @throws StreamCsvError the first failure, when no scenario ran to its end
 */
export async function measureScenarios(run: Run, session: Session, plan: RunPlan): Promise<void> {
  const { settings, hooks, progress, record, findings } = run;
  findings.config = { ...findings.config, timedRows: plan.rows };
  const chosen = chosenScenarios(run, plan);
  announceDuration(run, plan, chosen);
  progress.addSteps(chosen.reduce((total, scenario) => total + scenario.countSteps(plan), 0));
  const context = {
    session,
    plan,
    record,
    random: seededRandom(settings.seed),
    step: (label: string) => progress.step(label),
    addSteps: (count: number) => progress.addSteps(count),
  };
  const before = await hooks.sampleMachine();
  const faults: (Error | null)[] = [];
  for (const [index, scenario] of chosen.entries()) {
    if (isTooLate(scenario, session, plan)) {
      record.warn(
        `${scenario.name} was left out, because it would take longer than --quick allows; --scenario ${scenario.name} measures it alone.`,
      );
      continue;
    }
    const deadlineMs = deadlineOf(plan, chosen.slice(index + 1));
    faults.push(await runApart(scenario, { ...context, deadlineMs }));
  }
  const [first] = faults;
  // A run that gates repeats such rounds, and says so.
  if (findings.gate === null)
    for (const note of machineNotes({ before, after: await hooks.sampleMachine() })) record.warn(note);
  // With nothing else measured, the run has nothing to report.
  if (first instanceof Error && !faults.includes(null)) throw first;
}

/** The scenarios that were asked for; in a run that gates, `export` is the one that is judged. */
function chosenScenarios(run: Run, plan: RunPlan): readonly Scenario[] {
  const { settings, findings } = run;
  const chosen = scenarios.filter(({ name }) => settings.scenarios.includes(name));
  const question = planGate(run, plan);
  if (question === null) return chosen;
  findings.config = { ...findings.config, exportsPerRound: question.turns };
  const gated = gatedExport(question, (report) => {
    findings.gate = report;
  });
  return chosen.map((scenario) => (scenario.name === gatingScenario ? gated : scenario));
}

function isTooLate(scenario: Scenario, { clock }: Session, plan: RunPlan): boolean {
  if (!scenario.isDispensable || plan.endByMs === null) return false;
  return clock.nowMs() + scenario.estimateSeconds(plan) * 1000 > plan.endByMs;
}

/** When a scenario should end: those that come later get the time they need, but never more than their share. */
function deadlineOf(plan: RunPlan, later: readonly Scenario[]): number | null {
  if (plan.endByMs === null) return null;
  const laterMs = later
    .filter(({ isDispensable }) => !isDispensable)
    .reduce((total, scenario) => total + scenario.estimateSeconds(plan) * 1000, 0);
  return plan.endByMs - Math.min(laterMs, quickMs * laterShare);
}
