import { formatBytes, formatCount } from "../../../src/ground.ts";
import { distinctArms } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { bigArms, type BigArm } from "../big-arms.ts";
import { mediansOf, recordExpectations } from "../expectation.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import { roundsUpTo } from "../run-time.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";
import { longestSettleMs } from "../settle-buffers.ts";
import { expectSlowHolds, expectSlowReaders } from "./expect-slow-readers.ts";
import { measureHold } from "./measure-hold.ts";
import { graceMs, measureSlowReaders } from "./measure-slow-readers.ts";

const name = "slow-readers";

const quickTimes = { idleMs: 1000, watchMs: 2000, wholeSeconds: 1.5 } as const;
const fullTimes = { idleMs: 4000, watchMs: 8000, wholeSeconds: 4 } as const;
const mostRounds = 3;
/** Starting, warming up, and filling the buffers, beside the time that is watched. */
const overheadSeconds = 3;
/** Readers are never ahead of their rate, but a server may be watched a little longer than planned. */
const spare = 1.3;
/** The least time until the buffers are full, where the export is too small for more. */
const leastSettleMs = 2000;

/** Clients on slow lines: what they hold, and what short requests lose beside them. */
export const slowReadersScenario: Scenario = {
  name,
  summary:
    "clients that read slowly: memory and slots they hold, and how late short requests are answered meanwhile",
  isDefault: true,
  isDispensable: true,
  hasFixedTime: false,
  isEssential: false,
  countSteps: (plan) => roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length,
  estimateSeconds(plan) {
    const { idleMs, watchMs, wholeSeconds } = timesOf(plan);
    const armSeconds = overheadSeconds + (idleMs + watchMs) / 1000 + wholeSeconds;
    return roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length * armSeconds;
  },
  async run(context) {
    const { plan, record } = context;
    const arms = await fittingArms(context);
    noteArms(context, name, arms);
    await measureRounds(context, arms);
    const medianOf = mediansOf(record, name);
    recordExpectations(record, name, expectSlowReaders(plan, arms, medianOf), warningOf);
    recordExpectations(record, name, expectSlowHolds(arms, medianOf));
  },
};

async function measureRounds(context: ScenarioContext, arms: readonly BigArm[]): Promise<void> {
  const { plan, session, random } = context;
  const { readers, readBytesPerSecond: bytesPerSecond } = plan;
  const { wholeSeconds, ...times } = timesOf(plan);
  const rounds = roundsUpTo(mostRounds, plan);
  for (const [index, order] of balancedOrders(arms, rounds, random).entries()) {
    await recordRound(context, name, order, async (arm, server) => {
      context.step(`round ${index + 1} of ${rounds}, ${readers} slow readers, ${arm.id}`);
      const served = { session, server, request: arm };
      const settleMs = settleMsFor(plan, arm.bodyBytes);
      const together = await measureSlowReaders(served, {
        ...times,
        settleMs,
        readers,
        bytesPerSecond,
        random,
      });
      const whole = await measureHold(served, { bytesPerSecond: arm.bodyBytes / wholeSeconds });
      return { ...together, ...whole };
    });
  }
}

/** Bytes that a reader reads while the buffers fill for so long, and while it is watched. */
function bytesFor(plan: RunPlan, settleMs: number): number {
  const seconds = (settleMs + timesOf(plan).watchMs + graceMs) / 1000;
  return Math.ceil(plan.readBytesPerSecond * seconds * spare);
}

/** How long the buffers of readers of such a body may fill, so that it lasts until they were watched. */
function settleMsFor(plan: RunPlan, bodyBytes: number): number {
  const lastsMs = (bodyBytes / spare / plan.readBytesPerSecond) * 1000;
  return Math.min(longestSettleMs(plan.readers), lastsMs - timesOf(plan).watchMs - graceMs);
}

/** The arms whose bodies last as long as they are watched; a buffered one only if all its bodies fit into memory. */
async function fittingArms(context: ScenarioContext): Promise<readonly BigArm[]> {
  const { plan, record } = context;
  const arms = await bigArms(context, name, {
    // No more than a server can hold for all readers at once, so that the deliveries are measured alike.
    wantedBytes: Math.min(
      bytesFor(plan, longestSettleMs(plan.readers)),
      Math.floor(plan.bufferMemoryBytes / plan.readers),
    ),
    leastBytes: bytesFor(plan, leastSettleMs),
    because:
      "because most of a smaller body lies in socket buffers, or is read before the readers are watched",
  });
  return arms.filter((arm) => {
    const neededBytes = plan.readers * arm.bodyBytes;
    if (arm.delivery !== "buffered" || neededBytes <= plan.bufferMemoryBytes) return true;
    record.warn(
      `${name} was left out for ${arm.id}: ${formatCount(plan.readers)} buffered bodies need ${formatBytes(neededBytes)} at once, and ${formatBytes(plan.bufferMemoryBytes)} are set aside for them on this machine.`,
    );
    return false;
  });
}

function timesOf({ isQuick }: RunPlan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

function warningOf(
  { arm, metric, expected }: { arm: string; metric: string; expected: number },
  observed: number,
): string {
  return `Slow readers of ${arm}: ${metric} is ${significantText(observed)}, and ${significantText(expected)} was expected.`;
}

function significantText(value: number): string {
  return value < 1000 ? value.toPrecision(3) : formatCount(value);
}
