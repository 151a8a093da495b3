import { formatBytes, formatCount } from "../../../src/index.ts";
import type { MetricId } from "../../result/metric.ts";
import { median } from "../../statistics/median.ts";
import { distinctArms, type PlannedArm } from "../../session/arm.ts";
import { measureSyncWorkers } from "./measure-sync-workers.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";

const name = "sync-workers";

const bytesPerSecond = 8 * 1024 ** 2;
/** More than the kernel takes of a connection whose reader is slow; read at full speed, so that it is no time to think. */
const bufferBytes = 12 * 1024 ** 2;
const quickTimes = { heldSeconds: 0.3, exportsPerWorker: 3 } as const;
const fullTimes = { heldSeconds: 0.6, exportsPerWorker: 5 } as const;
const fullRounds = 2;
/** Starting, warming up, and beginning and ending the loop. */
const overheadSeconds = 1.2;
/** How far what is seen may lie from what is to be expected: handing over takes time, and so does reading to the end. */
const tolerance = { ratio: 0.05, clients: 0.1, held: 0.25 } as const;
const heldToleranceSeconds = 0.05;

/** One arm to so many clients. */
interface SyncWorkersArm extends PlannedArm {
  readonly clients: number;
}

/** Clients that ask without a pause, at workers that take one connection each: what is used, and who waits. */
export const syncWorkersScenario: Scenario = {
  name,
  summary:
    "clients without a pause, from one to two more than there are sync workers: how many are taken, and how many clients wait",
  isDefault: false,
  isDispensable: true,
  countSteps: (plan) => roundsOf(plan) * armsWithWorkers(plan).length * clientCounts(plan).length,
  estimateSeconds(plan) {
    const { heldSeconds, exportsPerWorker } = timesOf(plan);
    const armSeconds = overheadSeconds + heldSeconds * (exportsPerWorker + 2);
    return roundsOf(plan) * armsWithWorkers(plan).length * clientCounts(plan).length * armSeconds;
  },
  async run(context) {
    const { plan, record } = context;
    const { heldSeconds } = timesOf(plan);
    const bodyBytes = bytesPerSecond * heldSeconds + bufferBytes;
    const rows = Math.ceil(bodyBytes / plan.bytesPerRow);
    const fitting = armsWithWorkers(plan);
    if (fitting.length === 0 || (plan.availableRows !== null && rows > plan.availableRows)) {
      record.warn(
        fitting.length === 0
          ? `${name} was left out: what is measured has no sync workers to start.`
          : `${name} was left out: all ${formatCount(plan.availableRows ?? 0)} rows are less than ${formatBytes(bodyBytes)}, most of which lies in socket buffers before a slow reader is felt.`,
      );
      return;
    }
    const arms = clientCounts(plan).map((clients) => fitting.map((arm) => loopArm(arm, clients, rows)));
    noteArms(context, name, arms.flat());
    try {
      await measureSteps(context, arms);
    } finally {
      // What was measured before a fault, or before time was over, is held against analysis all the same.
      for (const arm of arms.flat()) checkExpectations(context, arm, heldSeconds);
    }
  },
};

/** Each step is one round: all deliveries to so many clients. */
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
  const steps = Array.from({ length: roundsOf(plan) }, () => arms).flat();
  for (const [done, step] of steps.entries()) {
    if (isTimeOver(context, startMs, done)) {
      record.warn(`Only ${done} of ${steps.length} steps of ${name} went into the time that --quick allows.`);
      break;
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

/** Whether another step as long as those before would end too late. It is decided by the clock and not by results. */
function isTimeOver({ session, deadlineMs }: ScenarioContext, startMs: number, done: number): boolean {
  if (deadlineMs === null || done === 0) return false;
  const nowMs = session.clock.nowMs();
  return nowMs + (nowMs - startMs) / done > deadlineMs;
}

/** Those of servers that can have sync workers, each with its own. */
function armsWithWorkers({ arms, syncWorkers }: RunPlan): readonly PlannedArm[] {
  return distinctArms(arms).flatMap((arm) => {
    const target = arm.target.withSyncWorkers?.(syncWorkers);
    return target === undefined ? [] : [{ ...arm, target }];
  });
}

/** Some workers free, half of them, none, and then one and two clients too many. */
function clientCounts({ syncWorkers: workers }: RunPlan): readonly number[] {
  return [...new Set([1, Math.ceil(workers / 2), workers, workers + 1, workers + 2])];
}

function loopArm(arm: PlannedArm, clients: number, rows: number): SyncWorkersArm {
  return { ...arm, id: `${arm.id}-${clients}-client${clients === 1 ? "" : "s"}`, rows, clients };
}

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function timesOf({ isQuick }: RunPlan): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

/**
 * What a closed loop of k clients at c workers has to give, beside what was seen: k/c of the workers are taken up to c,
 * then all of them, and k − c clients wait. Of g seconds to make the rows and d to read all but what lies in the kernel,
 * a streamed export holds its worker for the longer, a buffered one for both, a prepared file for d. A wait lasts for as
 * many holds as there are others to be served before.
 */
function checkExpectations(
  { record, plan: { syncWorkers: workers } }: ScenarioContext,
  { id, delivery, clients }: SyncWorkersArm,
  drainSeconds: number,
): void {
  const medianOf = (arm: string, metric: MetricId): number | null =>
    median(
      record.rounds
        .filter((round) => round.scenario === name && round.valid)
        .flatMap((round) => round.arms[arm]?.[metric] ?? []),
    );
  const use = Math.min(1, clients / workers);
  const waiting = Math.max(0, clients - workers);
  const held = {
    streaming: Math.max(drainSeconds, medianOf(id, "loop_s_per_export") ?? 0),
    // Its first byte comes when it is made.
    buffered: drainSeconds + (medianOf(id, "first_byte_s") ?? 0) - (medianOf(id, "queue_wait_s") ?? 0),
    file: drainSeconds,
  }[delivery ?? "streaming"];
  const heldTolerance = tolerance.held * held + heldToleranceSeconds;
  const expectations: readonly (readonly [metric: MetricId, expected: number, tolerance: number])[] = [
    ["utilisation_ratio", use, tolerance.ratio],
    ["all_busy_ratio", clients < workers ? 0 : 1, tolerance.ratio],
    ["waiting_clients", waiting, tolerance.clients],
    ["held_s_per_export", held, heldTolerance],
    ["queue_wait_s", (waiting / workers) * (medianOf(id, "held_s_per_export") ?? held), heldTolerance],
  ];
  for (const [metric, expected, allowed] of expectations) {
    const observed = medianOf(id, metric);
    if (observed === null) continue;
    const ok = Math.abs(observed - expected) <= allowed;
    record.checks.push({ id: `${name}.${id}.${metric}`, expected, observed, tolerance: allowed, ok });
    if (ok) continue;
    record.warn(
      `${clients === 1 ? "One client" : `${clients} clients`} at ${workers} sync worker${workers === 1 ? "" : "s"}, ${delivery ?? id}: ${metric} is ${observed.toPrecision(3)}, and ${expected.toPrecision(3)} was to be expected.`,
    );
  }
}
