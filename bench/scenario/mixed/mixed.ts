import { distinctArms } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { noteArms } from "../note-arms.ts";
import { countNeighbors } from "../count-neighbors.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario } from "../scenario.ts";

const name = "mixed";
const mostRounds = 6;
/** An interval of fewer rounds says next to nothing. */
const quickRounds = 4;

/** Exports back to back and short requests together, in rounds: what the last step of `export` measures once. */
export const mixedScenario: Scenario = {
  name,
  summary: "exports back to back and short requests together, in rounds: how many short requests are left",
  isDefault: false,
  isDispensable: false,
  hasFixedTime: true,
  isEssential: false,
  countSteps: (plan) => roundsOf(plan) * distinctArms(plan.arms).length,
  estimateSeconds: (plan) => roundsOf(plan) * distinctArms(plan.arms).length * (plan.isQuick ? 2.5 : 6),
  async run(context) {
    const { plan, random } = context;
    const rounds = roundsOf(plan);
    const arms = distinctArms(plan.arms);
    noteArms(context, name, arms);
    for (const [index, order] of balancedOrders(arms, rounds, random).entries()) {
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${index + 1} of ${rounds}, short requests beside exports, ${arm.id}`);
        return countNeighbors(context, arm, server);
      });
    }
  },
};

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return Math.min(isQuick ? quickRounds : mostRounds, rounds);
}
