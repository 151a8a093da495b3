import { distinctArms } from "../../session/arm.ts";
import { measureNeighbors } from "../../session/measure/measure-neighbors.ts";
import { measureCurves } from "./measure-curves.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { withServers } from "../../session/server/with-servers.ts";
import { checkHeldTimes } from "../check-held-times.ts";
import { measureArm } from "../measure-arm.ts";
import { neighborTimes } from "../mixed/mixed.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";

const name = "export";

/** Exports one at a time at full speed, in rounds; then what short requests lose beside them. */
export const exportScenario: Scenario = {
  name,
  summary: "one export at a time at full speed, in rounds; then short requests beside exports back to back",
  isDefault: true,
  isDispensable: false,
  countSteps: (plan) => plan.rounds * plan.arms.length + 2 * distinctArms(plan.arms).length,
  estimateSeconds: (plan) => plan.rounds * armSeconds(plan) + afterRoundsSeconds(plan),
  async run(context) {
    const { plan, record, session, random } = context;
    noteArms(context, name, plan.arms);
    const startMs = session.clock.nowMs();
    for (const order of balancedOrders(plan.arms, plan.rounds, random)) {
      if (isTimeOver(context, startMs)) {
        const done = record.nextIndex(name);
        record.warn(`Only ${done} of ${plan.rounds} rounds went into the time that --quick allows.`);
        break;
      }
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${record.nextIndex(name) + 1} of ${plan.rounds}, ${arm.id}`);
        return measureArm(context, arm, server);
      });
    }
    await recordCurves(context);
    await measureNeighborRound(context);
    checkHeldTimes(context, name);
  },
};

/** What an arm takes beside its export: starting, warming up, stopping. */
const overheadSeconds = 0.7;
/** So many rounds are made in any case; with fewer, an interval says next to nothing. */
const fewestRounds = 4;

/** All arms of one round. */
function armSeconds({ arms, exportSeconds }: RunPlan): number {
  return arms.reduce(
    (total, { target }) => total + overheadSeconds + (exportSeconds.get(target.name) ?? 0),
    0,
  );
}

/**
 * Whether another round, as long as those before, would take time that is needed for what comes after. It is decided
 * by the clock and not by results.
 */
function isTimeOver({ session, plan, record, deadlineMs }: ScenarioContext, startMs: number): boolean {
  const done = record.nextIndex(name);
  if (deadlineMs === null || done < fewestRounds) return false;
  const nowMs = session.clock.nowMs();
  return nowMs + (nowMs - startMs) / done + afterRoundsSeconds(plan) * 1000 > deadlineMs;
}

/** The repetition for the curves, and the short requests. */
function afterRoundsSeconds(plan: RunPlan): number {
  const { arms, isQuick } = plan;
  return distinctArms(arms).length * (isQuick ? 2.5 : 10) + armSeconds(plan);
}

/** One repetition more, outside the rounds, that is sampled all the time; what it disturbs isn't compared. */
async function recordCurves(context: ScenarioContext): Promise<void> {
  const { session, plan, record } = context;
  const round = record.nextIndex(name);
  await withServers(session, distinctArms(plan.arms), async (arm, server) => {
    context.step(`curves, ${arm.id}`);
    for (const { metric, points } of await measureCurves({ session, server, request: arm })) {
      record.series.push({ scenario: name, round, arm: arm.id, metric, points });
    }
  });
}

/** One round more, of each arm once, in which short requests are counted instead of times. */
async function measureNeighborRound(context: ScenarioContext): Promise<void> {
  const { session, plan, random } = context;
  const [order = []] = balancedOrders(distinctArms(plan.arms), 1, random);
  await recordRound(context, name, order, (arm, server) => {
    context.step(`short requests beside exports, ${arm.id}`);
    return measureNeighbors({ session, server, request: arm }, neighborTimes(plan));
  });
}
