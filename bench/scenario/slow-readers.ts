import { formatBytes, formatCount } from "../../src/index.ts";
import type { MetricId } from "../result/metric.ts";
import { median } from "../statistics/median.ts";
import { measureSlowReaders } from "../trial/measure-slow-readers.ts";
import { balancedOrders } from "../trial/order.ts";
import { noteArms } from "./delivery-arm.ts";
import { recordRound } from "./record-round.ts";
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
  isDefault: true,
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
    const arms = plan.deliveries.map((delivery) => ({ id: delivery, delivery }));
    noteArms(context, name, arms);
    const options = { ...timesOf(plan), bytesPerSecond, random };
    for (const order of balancedOrders(arms, roundsOf(plan), random)) {
      await recordRound(context, name, order, ({ delivery }, server) => {
        context.step(`${options.readers} slow readers, ${delivery}`);
        return measureSlowReaders(session, server, { delivery, rows }, options);
      });
    }
    checkExpectations(context);
  },
};

function roundsOf({ isQuick, rounds }: Plan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function timesOf({ isQuick }: Plan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

/**
 * What is to be expected beside what was seen: each reader keeps its rate, and holds a slot as long as it reads; and
 * slot time summed is the integral of busy slots, which the server counts apart.
 */
function checkExpectations({ plan, logbook }: ScenarioContext): void {
  const rounds = logbook.rounds.filter((round) => round.scenario === name && round.valid);
  const medianOf = (delivery: string, metric: MetricId): number | null =>
    median(rounds.flatMap((round) => round.arms[delivery]?.[metric] ?? []));
  for (const delivery of plan.deliveries) {
    const expectations: readonly (readonly [MetricId, number | null])[] = [
      ["read_rate_bytes_per_s", bytesPerSecond],
      ["slots_held", timesOf(plan).readers],
      ["busy_slots", medianOf(delivery, "slots_held")],
    ];
    for (const [metric, expected] of expectations) {
      const observed = medianOf(delivery, metric);
      if (observed === null || expected === null) continue;
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
