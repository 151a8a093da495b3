import { measureRelease } from "./measure-release.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { bigArms } from "../big-arms.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario } from "../scenario.ts";

const name = "leave";

const fullRounds = 3;
const overheadSeconds = 2;

/** Clients that go away in the midst of an export: at the first byte, and after a mebibyte. */
export const leaveScenario: Scenario = {
  name,
  summary: "clients that go away in the midst of an export: how long their slot stays held",
  isDefault: false,
  isDispensable: true,
  countSteps: (plan) => roundsOf(plan) * plan.arms.length,
  estimateSeconds: (plan) => roundsOf(plan) * plan.arms.length * overheadSeconds,
  async run(context) {
    const { plan, session, random } = context;
    const arms = bigArms(context, name, "so that the server has sent them before a client can leave");
    noteArms(context, name, arms);
    for (const [index, order] of balancedOrders(arms, roundsOf(plan), random).entries()) {
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${index + 1} of ${roundsOf(plan)}, clients that leave, ${arm.id}`);
        return measureRelease({ session, server, request: arm });
      });
    }
  },
};

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}
