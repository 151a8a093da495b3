import { StreamCsvError } from "../../src/index.ts";
import type { Measured } from "../result/metric.ts";
import type { Arm } from "../result/schema.ts";
import type { RunningTarget } from "../target/target.ts";
import { measureExport } from "../trial/measure-export.ts";
import { measureNeighbours } from "../trial/measure-neighbours.ts";
import { balancedOrders } from "../trial/order.ts";
import type { Delivery } from "../trial/session.ts";
import { withServers } from "../trial/with-servers.ts";
import type { Plan, Scenario, ScenarioContext } from "./scenario.ts";

const name = "export";
/** The identical second control, which shows how much two equal things differ here. */
const againId = "buffered-again";
/** Above this share of its time the reader may have been the slower side. */
const busyReaderRatio = 0.8;

/** Exports one at a time at full speed, in rounds; then what short requests lose beside them. */
export const exportScenario: Scenario = {
  name,
  summary: "one export at a time at full speed, in rounds; then short requests beside exports back to back",
  isDispensable: false,
  countSteps: (plan) => plan.rounds * armsOf(plan, "").length + plan.deliveries.length,
  estimateSeconds: (plan) => plan.rounds * armsOf(plan, "").length * armSeconds + neighbourSeconds(plan),
  async run(context) {
    const { plan, logbook, session, random } = context;
    const arms = armsOf(plan, session.target.command);
    logbook.arms.push(...arms);
    const orders = balancedOrders(
      arms.map(({ id }) => id),
      plan.rounds,
      random,
    );
    const startMs = session.clock.nowMs();
    for (const order of orders) {
      if (isTimeOver(context, startMs)) {
        const done = logbook.nextIndex(name);
        logbook.warn(`Only ${done} of ${plan.rounds} rounds went into the time that --quick allows.`);
        break;
      }
      await runRound(context, order);
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

function armsOf({ deliveries }: Plan, command: string): readonly Arm[] {
  const arms = deliveries.map((delivery): Arm => {
    const role = delivery === "buffered" ? "control" : "treatment";
    return { id: delivery, scenario: name, role, delivery, command };
  });
  if (!deliveries.includes("buffered")) return arms;
  return [...arms, { id: againId, scenario: name, role: "aa", delivery: "buffered", command }];
}

/** Every arm once, each on a fresh server. */
async function runRound(context: ScenarioContext, order: readonly string[]): Promise<void> {
  const { session, plan, logbook } = context;
  const index = logbook.nextIndex(name);
  const arms: Record<string, Measured> = {};
  try {
    await withServers(session, order, async (id, server) => {
      context.step(`round ${index + 1} of ${plan.rounds}, ${id}`);
      arms[id] = await measureArm(context, server, id === againId ? "buffered" : deliveryOf(id, plan));
    });
    logbook.rounds.push({ scenario: name, index, order, valid: true, arms });
  } catch (fault) {
    // What was measured is kept, and said not to count.
    const reason = session.signal.aborted
      ? "interrupted"
      : fault instanceof Error
        ? fault.message
        : String(fault);
    logbook.rounds.push({ scenario: name, index, order, valid: false, reason, arms });
    throw fault;
  }
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
  const { session, plan, logbook, random } = context;
  const [order = []] = balancedOrders(plan.deliveries, 1, random);
  const index = logbook.nextIndex(name);
  const options = plan.isQuick
    ? { warmUpMs: 300, idleMs: 300, busyMs: 600 }
    : { warmUpMs: 1000, idleMs: 2000, busyMs: 4000 };
  const arms: Record<string, Measured> = {};
  await withServers(session, order, async (id, server) => {
    context.step(`short requests beside exports, ${id}`);
    const request = { delivery: deliveryOf(id, plan), rows: plan.rows };
    arms[id] = await measureNeighbours(session, server, request, options);
  });
  logbook.rounds.push({ scenario: name, index, order, valid: true, arms });
}

function deliveryOf(id: string, { deliveries }: Plan): Delivery {
  const found = deliveries.find((delivery) => delivery === id);
  if (found === undefined) throw new Error(`no arm is called ${id}`);
  return found;
}
