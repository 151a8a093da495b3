import { measureNeighbours } from "../trial/measure-neighbours.ts";
import { balancedOrders } from "../trial/order.ts";
import { noteArms } from "./delivery-arm.ts";
import { recordRound } from "./record-round.ts";
import type { Plan, Scenario } from "./scenario.ts";

const name = "mixed";
const fullRounds = 6;

/** Exports back to back and short requests together, in rounds: what the last step of `export` shows once. */
export const mixedScenario: Scenario = {
  name,
  summary: "exports back to back and short requests together, in rounds: how many short requests are left",
  isDefault: false,
  isDispensable: false,
  countSteps: (plan) => roundsOf(plan) * plan.deliveries.length,
  estimateSeconds: (plan) => roundsOf(plan) * plan.deliveries.length * (plan.isQuick ? 2.5 : 10),
  async run(context) {
    const { plan, random, session } = context;
    const arms = plan.deliveries.map((delivery) => ({ id: delivery, delivery }));
    noteArms(context, name, arms);
    const times = plan.isQuick
      ? { warmUpMs: 300, idleMs: 300, busyMs: 600 }
      : { warmUpMs: 1000, idleMs: 2000, busyMs: 4000 };
    for (const order of balancedOrders(arms, roundsOf(plan), random)) {
      await recordRound(context, name, order, ({ delivery }, server) => {
        context.step(`short requests beside exports, ${delivery}`);
        return measureNeighbours(session, server, { delivery, rows: plan.rows }, times);
      });
    }
  },
};

function roundsOf({ isQuick, rounds }: Plan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}
