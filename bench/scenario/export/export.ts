import { distinctArms } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { withServers } from "../../session/server/with-servers.ts";
import { mediansOf, recordExpectations } from "../expectation.ts";
import { measureArm } from "../measure-arm.ts";
import { noteArms } from "../note-arms.ts";
import { countNeighbors } from "../count-neighbors.ts";
import { recordRound } from "../record-round.ts";
import { isNextTooLate } from "../run-time.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";
import { expectHeldTimes } from "./expect-held-times.ts";
import { measureCurves } from "./measure-curves.ts";

const name = "export";

/** Exports one at a time at full speed, in rounds; then what short requests lose beside them. */
export const exportScenario: Scenario = {
  name,
  summary: "one export at a time at full speed, in rounds; then short requests beside exports back to back",
  isDefault: true,
  isDispensable: false,
  hasFixedTime: false,
  isEssential: true,
  countSteps: (plan) =>
    plan.rounds * plan.arms.length + (1 + neighborRounds(plan)) * distinctArms(plan.arms).length,
  estimateSeconds: (plan) => plan.rounds * roundSeconds(plan) + afterRoundsSeconds(plan),
  async run(context) {
    const { plan, record } = context;
    noteArms(context, name, plan.arms);
    await measureRounds(context);
    await recordCurves(context);
    await measureNeighborRounds(context);
    recordExpectations(record, name, expectHeldTimes(plan.arms, mediansOf(record, name)));
  },
};

/** What an arm takes beside its export: starting, warming up, stopping. */
const overheadSeconds = 0.7;
/** A quick run makes at least this many rounds; an interval from fewer rounds says next to nothing. */
const fewestRounds = 4;

async function measureRounds(context: ScenarioContext): Promise<void> {
  const { plan, record, session, random } = context;
  const startMs = session.clock.nowMs();
  const reserveMs = afterRoundsSeconds(plan) * 1000;
  for (const order of balancedOrders(plan.arms, plan.rounds, random)) {
    const done = record.nextIndex(name);
    if (done >= fewestRounds && isNextTooLate(context, { startMs, done, reserveMs })) {
      record.warn(`Only ${done} of ${plan.rounds} rounds fit into the time that --quick allows.`);
      return;
    }
    await recordRound(context, name, order, (arm, server) => {
      context.step(`round ${done + 1} of ${plan.rounds}, ${arm.id}`);
      return measureArm(context, arm, server);
    });
  }
}

/** All arms of one round. */
function roundSeconds({ arms }: RunPlan): number {
  return arms.reduce((total, { exportSeconds }) => total + overheadSeconds + exportSeconds, 0);
}

/** The repetition for the curves, and the short requests. */
function afterRoundsSeconds(plan: RunPlan): number {
  const { arms, isQuick } = plan;
  const neighborSeconds = neighborRounds(plan) * (isQuick ? 2.5 : 6);
  return distinctArms(arms).length * neighborSeconds + roundSeconds(plan);
}

/** One more repetition, outside the rounds, sampled all the time. Sampling disturbs it, so it is not compared. */
async function recordCurves(context: ScenarioContext): Promise<void> {
  const { session, plan, record } = context;
  const round = record.nextIndex(name);
  await withServers(session, distinctArms(plan.arms), async (arm, server) => {
    context.step(`curves, ${arm.id}`);
    for (const { metric, points } of await measureCurves({ session, server }, arm)) {
      record.series.push({ scenario: name, round, arm: arm.id, metric, points });
    }
  });
}

/** Rounds in which short requests are counted. A quick run has time for one, which is too few for a report to show. */
function neighborRounds({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(4, rounds);
}

/** More rounds, each arm once in each, in which short requests are counted instead of times. */
async function measureNeighborRounds(context: ScenarioContext): Promise<void> {
  const { plan, random } = context;
  for (const order of balancedOrders(distinctArms(plan.arms), neighborRounds(plan), random)) {
    await recordRound(context, name, order, (arm, server) => {
      context.step(`short requests beside exports, ${arm.id}`);
      return countNeighbors(context, arm, server);
    });
  }
}
