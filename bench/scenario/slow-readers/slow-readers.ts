import { formatBytes, formatCount } from "../../../src/index.ts";
import type { MetricId } from "../../result/metric.ts";
import { median } from "../../statistics/median.ts";
import { distinctArms, type PlannedArm } from "../../session/arm.ts";
import { measureHold } from "./measure-hold.ts";
import { measureSlowReaders } from "./measure-slow-readers.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { bigArms } from "../big-arms.ts";
import { checkSlowHolds } from "../check-held-times.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";

const name = "slow-readers";

/** How exactly the readers have to keep their rate, and slots be held. */
const expectationTolerance = 0.02;
const quickTimes = { idleMs: 1000, watchMs: 2000, wholeSeconds: 1.5 } as const;
const fullTimes = { idleMs: 4000, watchMs: 8000, wholeSeconds: 4 } as const;
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
  countSteps: (plan) => roundsOf(plan) * distinctArms(plan.arms).length,
  estimateSeconds(plan) {
    const { idleMs, watchMs, wholeSeconds } = timesOf(plan);
    const armSeconds = overheadSeconds + (idleMs + watchMs) / 1000 + wholeSeconds;
    return roundsOf(plan) * distinctArms(plan.arms).length * armSeconds;
  },
  async run(context) {
    const { plan, session, random } = context;
    const { readers, readBytesPerSecond: bytesPerSecond } = plan;
    const arms = fittingArms(context);
    noteArms(context, name, arms);
    const { wholeSeconds, ...times } = timesOf(plan);
    for (const [index, order] of balancedOrders(arms, roundsOf(plan), random).entries()) {
      await recordRound(context, name, order, async (arm, server) => {
        context.step(`round ${index + 1} of ${roundsOf(plan)}, ${readers} slow readers, ${arm.id}`);
        const served = { session, server, request: arm };
        const clients = await measureSlowReaders(served, { ...times, readers, bytesPerSecond, random });
        const bodyBytes = bodyBytesOf(arm);
        return { ...clients, ...(await measureHold(served, { bytesPerSecond: bodyBytes / wholeSeconds })) };
      });
    }
    checkExpectations(context, arms);
    checkSlowHolds(context, arms);
  },
};

/** About as many bytes as the rows of an arm make; those of other rows than were checked aren't known exactly. */
function bodyBytesOf({ rows, body }: PlannedArm): number {
  return (rows * body.bytes) / Math.max(1, body.rows);
}

/** Those whose bodies last for as long as they are watched, and buffered ones that find room in memory all at once. */
function fittingArms(context: ScenarioContext): readonly PlannedArm[] {
  const { plan, record } = context;
  const arms = bigArms(context, name, "which lies in socket buffers before a slow reader is felt");
  return arms.filter((arm) => {
    const neededBytes = plan.readers * bodyBytesOf(arm);
    if (arm.delivery !== "buffered" || neededBytes <= plan.bufferMemoryBytes) return true;
    record.warn(
      `${name} was left out for ${arm.id}: ${formatCount(plan.readers)} buffered bodies need ${formatBytes(neededBytes)} at once, and ${formatBytes(plan.bufferMemoryBytes)} are set aside for them on this machine.`,
    );
    return false;
  });
}

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function timesOf({ isQuick }: RunPlan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

/**
 * What is to be expected beside what was seen: each reader keeps its rate, and holds a slot as long as it reads; and
 * slot time summed is the integral of busy slots, which the server counts apart.
 */
function checkExpectations({ plan, record }: ScenarioContext, arms: readonly PlannedArm[]): void {
  const rounds = record.rounds.filter((round) => round.scenario === name && round.valid);
  const medianOf = (arm: string, metric: MetricId): number | null =>
    median(rounds.flatMap((round) => round.arms[arm]?.[metric] ?? []));
  for (const { id: arm } of arms) {
    const expectations: readonly (readonly [MetricId, number | null])[] = [
      ["read_rate_bytes_per_s", plan.readBytesPerSecond],
      ["slots_held", plan.readers],
      ["busy_slots", medianOf(arm, "slots_held")],
    ];
    for (const [metric, expected] of expectations) {
      const observed = medianOf(arm, metric);
      if (observed === null || expected === null) continue;
      const tolerance = expectationTolerance * expected;
      const ok = Math.abs(observed - expected) <= tolerance;
      record.checks.push({ id: `${name}.${arm}.${metric}`, expected, observed, tolerance, ok });
      if (ok) continue;
      record.warn(
        `Slow readers of ${arm}: ${metric} is ${significantText(observed)}, and ${significantText(expected)} was to be expected.`,
      );
    }
  }
}

function significantText(value: number): string {
  return value < 1000 ? value.toPrecision(3) : formatCount(value);
}
