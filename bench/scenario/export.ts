import { StreamCsvError } from "../../src/index.ts";
import type { Measured } from "../result/metric.ts";
import type { RunningTarget } from "../target/target.ts";
import { measureExport } from "../trial/measure-export.ts";
import { measureNeighbours } from "../trial/measure-neighbours.ts";
import { balancedOrders } from "../trial/order.ts";
import type { Delivery } from "../trial/session.ts";
import { againId, noteArms, type DeliveryArm } from "./delivery-arm.ts";
import { recordRound } from "./record-round.ts";
import type { Plan, Scenario, ScenarioContext } from "./scenario.ts";

const name = "export";
/** Above this share of its time the reader may have been the slower side. */
const busyReaderRatio = 0.8;

/** Exports one at a time at full speed, in rounds; then what short requests lose beside them. */
export const exportScenario: Scenario = {
  name,
  summary: "one export at a time at full speed, in rounds; then short requests beside exports back to back",
  isDefault: true,
  isDispensable: false,
  countSteps: (plan) => plan.rounds * armsOf(plan).length + plan.deliveries.length,
  estimateSeconds: (plan) => plan.rounds * armsOf(plan).length * armSeconds + neighbourSeconds(plan),
  async run(context) {
    const { plan, logbook, session, random } = context;
    const arms = armsOf(plan);
    noteArms(context, name, arms);
    const startMs = session.clock.nowMs();
    for (const order of balancedOrders(arms, plan.rounds, random)) {
      if (isTimeOver(context, startMs)) {
        const done = logbook.nextIndex(name);
        logbook.warn(`Only ${done} of ${plan.rounds} rounds went into the time that --quick allows.`);
        break;
      }
      await recordRound(context, name, order, ({ id, delivery }, server) => {
        context.step(`round ${logbook.nextIndex(name) + 1} of ${plan.rounds}, ${id}`);
        return measureArm(context, server, delivery);
      });
    }
    await runNeighbours(context);
  },
};

/** What an arm takes in all: starting, warming up, the export itself, stopping. */
const armSeconds = 1;
/** So many rounds are made in any case; with fewer, an interval says next to nothing. */
const fewestRounds = 4;

/**
 * Whether another round, as long as those before, would take time that is needed for what comes after. It is decided
 * by the clock and not by results.
 */
function isTimeOver({ session, plan, logbook, deadlineMs }: ScenarioContext, startMs: number): boolean {
  const done = logbook.nextIndex(name);
  if (deadlineMs === null || done < fewestRounds) return false;
  const nowMs = session.clock.nowMs();
  return nowMs + (nowMs - startMs) / done + neighbourSeconds(plan) * 1000 > deadlineMs;
}

function neighbourSeconds({ deliveries, isQuick }: Plan): number {
  return deliveries.length * (isQuick ? 2.5 : 10);
}

function armsOf({ deliveries }: Plan): readonly DeliveryArm[] {
  const arms = deliveries.map((delivery): DeliveryArm => ({ id: delivery, delivery }));
  return deliveries.includes("buffered") ? [...arms, { id: againId, delivery: "buffered" }] : arms;
}

async function measureArm(
  { session, plan, logbook }: ScenarioContext,
  server: RunningTarget,
  delivery: Delivery,
): Promise<Measured> {
  const request = { delivery, rows: plan.rows };
  const { measured, bodyBytes, readerBusyRatio } = await measureExport(
    session,
    server,
    request,
    plan.foundRows,
  );
  if (bodyBytes !== plan.bodyBytes) {
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `The ${delivery} delivery gave ${bodyBytes} bytes in a timed round, and ${plan.bodyBytes} when it was checked.`,
    );
  }
  if (readerBusyRatio > busyReaderRatio) {
    logbook.warn(
      `The reader itself was busy for more than ${busyReaderRatio * 100} % of an export by ${delivery} delivery: its times and rates are bounds, the server may be faster.`,
    );
  }
  return measured;
}

/** One round more, of the deliveries alone, in which short requests are counted instead of times. */
async function runNeighbours(context: ScenarioContext): Promise<void> {
  const { session, plan, random } = context;
  const arms = plan.deliveries.map((delivery) => ({ id: delivery, delivery }));
  const [order = []] = balancedOrders(arms, 1, random);
  const times = plan.isQuick
    ? { warmUpMs: 300, idleMs: 300, busyMs: 600 }
    : { warmUpMs: 1000, idleMs: 2000, busyMs: 4000 };
  await recordRound(context, name, order, ({ delivery }, server) => {
    context.step(`short requests beside exports, ${delivery}`);
    return measureNeighbours(session, server, { delivery, rows: plan.rows }, times);
  });
}
