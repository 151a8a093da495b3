import { distinctArms } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { measureNeighbors, neighborTimes } from "../../session/measure/measure-neighbors.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import { roundsUpTo } from "../run-time.ts";
import type { Scenario } from "../scenario.ts";

const name = "mixed";
const mostRounds = 6;

/** Exports back to back and short requests together, in rounds: what the last step of `export` measures once. */
export const mixedScenario: Scenario = {
  name,
  summary: "exports back to back and short requests together, in rounds: how many short requests are left",
  isDefault: false,
  isDispensable: false,
  isEssential: false,
  countSteps: (plan) => roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length,
  estimateSeconds: (plan) =>
    roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length * (plan.isQuick ? 2.5 : 10),
  async run(context) {
    const { plan, random, session } = context;
    const rounds = roundsUpTo(mostRounds, plan);
    const arms = distinctArms(plan.arms);
    noteArms(context, name, arms);
    for (const [index, order] of balancedOrders(arms, rounds, random).entries()) {
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${index + 1} of ${rounds}, short requests beside exports, ${arm.id}`);
        return measureNeighbors({ session, server, request: arm }, neighborTimes(plan));
      });
    }
  },
};
