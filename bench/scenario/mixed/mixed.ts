import { measureNeighbors, type NeighborOptions } from "../../session/measure/measure-neighbors.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { distinctArms } from "../../session/arm.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario } from "../scenario.ts";

const name = "mixed";
const fullRounds = 6;

/** Exports back to back and short requests together, in rounds: what the last step of `export` shows once. */
export const mixedScenario: Scenario = {
  name,
  summary: "exports back to back and short requests together, in rounds: how many short requests are left",
  isDefault: false,
  isDispensable: false,
  countSteps: (plan) => roundsOf(plan) * distinctArms(plan.arms).length,
  estimateSeconds: (plan) => roundsOf(plan) * distinctArms(plan.arms).length * (plan.isQuick ? 2.5 : 10),
  async run(context) {
    const { plan, random, session } = context;
    const arms = distinctArms(plan.arms);
    noteArms(context, name, arms);
    for (const [index, order] of balancedOrders(arms, roundsOf(plan), random).entries()) {
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${index + 1} of ${roundsOf(plan)}, short requests beside exports, ${arm.id}`);
        return measureNeighbors({ session, server, request: arm }, neighborTimes(plan));
      });
    }
  },
};

/** How long short requests are counted. */
export function neighborTimes({ isQuick }: RunPlan): NeighborOptions {
  return isQuick
    ? { warmUpMs: 300, idleMs: 300, busyMs: 600 }
    : { warmUpMs: 1000, idleMs: 2000, busyMs: 4000 };
}

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}
