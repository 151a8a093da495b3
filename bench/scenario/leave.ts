import { formatBytes, formatCount } from "../../src/index.ts";
import { measureRelease } from "../trial/measure-release.ts";
import { balancedOrders } from "../trial/order.ts";
import { noteArms } from "./delivery-arm.ts";
import { recordRound } from "./record-round.ts";
import type { Plan, Scenario } from "./scenario.ts";

const name = "leave";

/** Larger than what socket buffers swallow, so that the server is still at it when the client leaves. */
const fewestBodyBytes = 16 * 1024 ** 2;
const fullRounds = 3;
const overheadSeconds = 2;

/** Clients that go away in the midst of an export: at the first byte, and after a mebibyte. */
export const leaveScenario: Scenario = {
  name,
  summary: "clients that go away in the midst of an export: how long their slot stays held",
  isDefault: false,
  isDispensable: true,
  countSteps: (plan) => roundsOf(plan) * plan.deliveries.length,
  estimateSeconds: (plan) => roundsOf(plan) * plan.deliveries.length * overheadSeconds,
  async run(context) {
    const { plan, logbook, session, random } = context;
    const rows = Math.ceil(fewestBodyBytes / plan.bytesPerRow);
    if (plan.availableRows !== null && rows > plan.availableRows) {
      logbook.warn(
        `leave was left out: all ${formatCount(plan.availableRows)} rows are less than ${formatBytes(fewestBodyBytes)}, so that the server has sent them before a client can leave.`,
      );
      return;
    }
    const arms = plan.deliveries.map((delivery) => ({ id: delivery, delivery }));
    noteArms(context, name, arms);
    for (const order of balancedOrders(arms, roundsOf(plan), random)) {
      await recordRound(context, name, order, ({ delivery }, server) => {
        context.step(`clients that leave, ${delivery}`);
        return measureRelease(session, server, { delivery, rows });
      });
    }
  },
};

function roundsOf({ isQuick, rounds }: Plan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}
