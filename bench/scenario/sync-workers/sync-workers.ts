import { formatBytes, formatCount } from "../../../src/ground.ts";
import { bytesPerRow } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { mediansOf, recordExpectations, type Expectation } from "../expectation.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import { isNextTooLate, roundsUpTo } from "../run-time.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";
import { expectSyncWorkers } from "./expect-sync-workers.ts";
import { measureSyncWorkers } from "./measure-sync-workers.ts";
import { armsWithWorkers, clientCounts, withClients, type SyncWorkersArm } from "./sync-workers-arms.ts";

const name = "sync-workers";

const bytesPerSecond = 8 * 1024 ** 2;
/** More than the kernel buffers for a slow reader. It is read at full speed, so that the client never pauses. */
const bufferBytes = 12 * 1024 ** 2;
const quickTimes = { heldSeconds: 0.3, exportsPerWorker: 3 } as const;
const fullTimes = { heldSeconds: 0.6, exportsPerWorker: 5 } as const;
const mostRounds = 2;
/** Starting, warming up, and beginning and ending the loop. */
const overheadSeconds = 1.2;

/** Clients that ask without a pause, at workers that take one connection each: how many are busy, and who waits. */
export const syncWorkersScenario: Scenario = {
  name,
  summary:
    "clients without a pause, from one to two more than there are sync workers: how many workers are busy, and how many clients wait",
  isDefault: false,
  isDispensable: true,
  hasFixedTime: false,
  isEssential: false,
  countSteps: (plan) => stepsOf(plan),
  estimateSeconds(plan) {
    const { heldSeconds, exportsPerWorker } = timesOf(plan);
    return stepsOf(plan) * (overheadSeconds + heldSeconds * (exportsPerWorker + 2));
  },
  async run(context) {
    const arms = fittingArms(context);
    if (arms.length === 0) return;
    noteArms(context, name, arms.flat());
    try {
      await measureSteps(context, arms);
    } finally {
      // What was measured before an error, or before time was over, is compared with analysis all the same.
      recordAnalysis(context, arms.flat());
    }
  },
};

function stepsOf(plan: RunPlan): number {
  return roundsUpTo(mostRounds, plan) * armsWithWorkers(plan).length * clientCounts(plan).length;
}

/** One list of arms per number of clients; none, and a warning, when there is nothing to measure. */
function fittingArms({ plan, record }: ScenarioContext): readonly (readonly SyncWorkersArm[])[] {
  const { heldSeconds } = timesOf(plan);
  const bodyBytes = bytesPerSecond * heldSeconds + bufferBytes;
  const arms = armsWithWorkers(plan);
  if (arms.length === 0) record.warn(`${name} was left out: no target here can have sync workers.`);
  const fitting = arms.map((arm) => ({ arm, rows: Math.ceil(bodyBytes / bytesPerRow(arm)) }));
  const small = fitting.find(({ arm, rows }) => rows > (arm.availableRows ?? Number.POSITIVE_INFINITY));
  if (small !== undefined) {
    record.warn(
      `${name} was left out: all ${formatCount(small.arm.availableRows ?? 0)} rows are less than ${formatBytes(bodyBytes)}, most of which lies in socket buffers before a slow reader is felt.`,
    );
  }
  if (arms.length === 0 || small !== undefined) return [];
  return clientCounts(plan).map((clients) => fitting.map(({ arm, rows }) => withClients(arm, clients, rows)));
}

/** Each step is one round: all deliveries with the same number of clients. */
async function measureSteps(
  context: ScenarioContext,
  arms: readonly (readonly SyncWorkersArm[])[],
): Promise<void> {
  const { plan, record, session, random } = context;
  const { syncWorkers: workers } = plan;
  const { heldSeconds, exportsPerWorker } = timesOf(plan);
  const hurryAfterBytes = bytesPerSecond * heldSeconds;
  const options = { ...session, bytesPerSecond, hurryAfterBytes, exportsPerWorker };
  const startMs = session.clock.nowMs();
  const steps = Array.from({ length: roundsUpTo(mostRounds, plan) }, () => arms).flat();
  for (const [done, step] of steps.entries()) {
    if (isNextTooLate(context, { startMs, done })) {
      record.warn(`Only ${done} of ${steps.length} steps of ${name} fit into the time that --quick allows.`);
      return;
    }
    const [order = []] = balancedOrders(step, 1, random);
    await recordRound(context, name, order, (arm, server) => {
      context.step(`clients without a pause, ${arm.id}`);
      const exportUrl = server.exportUrl(session.exportName, arm);
      return measureSyncWorkers(
        { origin: server.origin, exportUrl, workers },
        { ...options, clients: arm.clients },
      );
    });
  }
}

function recordAnalysis({ record, plan }: ScenarioContext, arms: readonly SyncWorkersArm[]): void {
  const { syncWorkers: workers } = plan;
  const drainSeconds = timesOf(plan).heldSeconds;
  const medianOf = mediansOf(record, name);
  for (const arm of arms) {
    const expectations = expectSyncWorkers(arm, { workers, drainSeconds }, medianOf);
    recordExpectations(record, name, expectations, ({ metric, expected }: Expectation, observed) => {
      const { clients, delivery, id } = arm;
      return `${clients === 1 ? "One client" : `${clients} clients`} at ${workers} sync worker${workers === 1 ? "" : "s"}, ${delivery ?? id}: ${metric} is ${observed.toPrecision(3)}, and ${expected.toPrecision(3)} was expected.`;
    });
  }
}

function timesOf({ isQuick }: RunPlan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}
