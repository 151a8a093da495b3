import { formatBytes, formatCount } from "../../src/index.ts";
import type { Measured } from "../result/metric.ts";
import type { Arm } from "../result/schema.ts";
import { median } from "../statistics/median.ts";
import { measureSlowReaders } from "../trial/measure-slow-readers.ts";
import { balancedOrders } from "../trial/order.ts";
import { withServers } from "../trial/with-servers.ts";
import type { Plan, Scenario, ScenarioContext } from "./scenario.ts";

const name = "slow-readers";

/** Kernel buffers swallow some 4 MB of a connection; the body must be much larger to keep its server waiting. */
const fewestBodyBytes = 16 * 1024 ** 2;
const bytesPerSecond = 1024 ** 2;
/** How exactly the readers have to keep their rate, and slots be held. */
const expectationTolerance = 0.02;
const quickTimes = { readers: 4, idleMs: 1000, watchMs: 2000 } as const;
const fullTimes = { readers: 8, idleMs: 4000, watchMs: 8000 } as const;
const fullRounds = 3;
/** Starting, warming up, and filling the buffers, beside the time that is watched. */
const overheadSeconds = 3;

/** Clients on slow lines: what they hold, and what short requests lose beside them. */
export const slowReadersScenario: Scenario = {
  name,
  summary:
    "clients that read slowly: memory and slots they hold, and how late short requests are answered meanwhile",
  isDispensable: true,
  countSteps: (plan) => roundsOf(plan) * plan.deliveries.length,
  estimateSeconds(plan) {
    const { idleMs, watchMs } = timesOf(plan);
    return roundsOf(plan) * plan.deliveries.length * (overheadSeconds + (idleMs + watchMs) / 1000);
  },
  async run(context) {
    const { plan, logbook, session, random } = context;
    const rows = Math.ceil(fewestBodyBytes / plan.bytesPerRow);
    if (plan.availableRows !== null && rows > plan.availableRows) {
      logbook.warn(
        `slow-readers was left out: all ${formatCount(plan.availableRows)} rows are less than ${formatBytes(fewestBodyBytes)}, which lies in socket buffers before a slow reader is felt.`,
      );
      return;
    }
    logbook.arms.push(
      ...plan.deliveries.map((delivery): Arm => {
        const role = delivery === "buffered" ? "control" : "treatment";
        return { id: delivery, scenario: name, role, delivery, command: session.target.command };
      }),
    );
    for (const order of balancedOrders(plan.deliveries, roundsOf(plan), random))
      await runRound(context, order, rows);
    checkExpectations(context);
  },
};

function roundsOf({ isQuick, rounds }: Plan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function timesOf({ isQuick }: Plan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

async function runRound(context: ScenarioContext, order: readonly string[], rows: number): Promise<void> {
  const { session, plan, logbook, random } = context;
  const index = logbook.nextIndex(name);
  const arms: Record<string, Measured> = {};
  let isWhole = false;
  try {
    const deliveries = order.flatMap((id) => plan.deliveries.filter((delivery) => delivery === id));
    await withServers(session, deliveries, async (delivery, server) => {
      const options = { ...timesOf(plan), bytesPerSecond, random };
      context.step(`${options.readers} slow readers, ${delivery}`);
      arms[delivery] = await measureSlowReaders(session, server, { delivery, rows }, options);
    });
    isWhole = true;
  } finally {
    const reason = session.signal.aborted ? "interrupted" : "an arm failed";
    logbook.rounds.push({
      scenario: name,
      index,
      order,
      valid: isWhole,
      ...(isWhole ? {} : { reason }),
      arms,
    });
  }
}

/** What is to be expected beside what was seen: each reader keeps its rate, and holds a slot as long as it reads. */
function checkExpectations({ plan, logbook }: ScenarioContext): void {
  const rounds = logbook.rounds.filter((round) => round.scenario === name && round.valid);
  for (const delivery of plan.deliveries) {
    const expectations = {
      read_rate_bytes_per_s: bytesPerSecond,
      slots_held: timesOf(plan).readers,
    } as const;
    for (const [metric, expected] of Object.entries(expectations)) {
      const observed = median(rounds.flatMap((round) => round.arms[delivery]?.[metric] ?? []));
      if (observed === null) continue;
      const tolerance = expectationTolerance * expected;
      const ok = Math.abs(observed - expected) <= tolerance;
      logbook.checks.push({ id: `${name}.${delivery}.${metric}`, expected, observed, tolerance, ok });
      if (ok) continue;
      logbook.warn(
        `Slow readers of the ${delivery} delivery: ${metric} is ${significantText(observed)}, and ${significantText(expected)} was to be expected.`,
      );
    }
  }
}

function significantText(value: number): string {
  return value < 1000 ? value.toPrecision(3) : formatCount(value);
}
