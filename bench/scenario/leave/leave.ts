import { balancedOrders } from "../../session/balanced-orders.ts";
import { bigArms } from "../big-arms.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import { roundsUpTo } from "../run-time.ts";
import type { Scenario } from "../scenario.ts";
import { measureRelease } from "./measure-release.ts";

const name = "leave";

const mostRounds = 3;
const overheadSeconds = 2;

/** Clients that disconnect in the middle of an export: at the first byte, and after a mebibyte. */
export const leaveScenario: Scenario = {
  name,
  summary: "clients that disconnect in the middle of an export: how long their slot stays held",
  isDefault: false,
  isDispensable: true,
  hasFixedTime: false,
  isEssential: false,
  countSteps: (plan) => roundsUpTo(mostRounds, plan) * plan.arms.length,
  estimateSeconds: (plan) => roundsUpTo(mostRounds, plan) * plan.arms.length * overheadSeconds,
  async run(context) {
    const { plan, session, random } = context;
    const rounds = roundsUpTo(mostRounds, plan);
    const arms = await bigArms(context, name, {
      because: "because the server has sent a smaller body before a client can leave",
    });
    noteArms(context, name, arms);
    for (const [index, order] of balancedOrders(arms, rounds, random).entries()) {
      await recordRound(context, name, order, (arm, server) => {
        context.step(`round ${index + 1} of ${rounds}, clients that leave, ${arm.id}`);
        return measureRelease({ session, server, request: arm });
      });
    }
  },
};
