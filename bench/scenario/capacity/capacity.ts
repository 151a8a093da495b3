import { watchOwnLoad, busyReaderRatio } from "../../probe/own-load.ts";
import type { Measured } from "../../result/metric.ts";
import { distinctArms } from "../../session/arm.ts";
import { balancedOrders } from "../../session/balanced-orders.ts";
import { difference, idleMemory, watchProcesses } from "../../session/server/server-memory.ts";
import { warmUp } from "../../session/server/warm-up.ts";
import type { RunningTarget } from "../../subject/target.ts";
import { bigArms, type BigArm } from "../big-arms.ts";
import { mediansOf } from "../expectation.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import { roundsUpTo } from "../run-time.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";
import { brokenLimit, longestPingSeconds } from "./capacity-limits.ts";
import { capacitySentence } from "./capacity-sentence.ts";
import { capacityBound } from "./expect-capacity.ts";
import { findCapacity, type Capacity } from "./find-capacity.ts";
import { stepGraceMs, measureStep, probePings } from "./measure-step.ts";

const name = "capacity";

const mostRounds = 3;
/** More connections than one worker usually takes, and few enough for the reader itself. */
const mostReaders = 256;
const quickTimes = { watchMs: 1500, refinements: 3 } as const;
const fullTimes = { watchMs: 3000, refinements: 6 } as const;
/** How long the search over an arm may take; a step that has begun ends later. */
const fullArmSeconds = 60;
const quickSeconds = 45;
const fewestArmSeconds = 10;
const settleMs = 6000;
/** A step may take a little longer than planned. */
const spare = 1.3;

/** More and more slow readers, until short requests or the readers themselves suffer. */
export const capacityScenario: Scenario = {
  name,
  summary:
    "more and more slow readers, until /ping or the readers break a limit: how many exports at once the server carries",
  isDefault: false,
  isDispensable: false,
  hasFixedTime: true,
  isEssential: false,
  countSteps: (plan) => roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length,
  estimateSeconds: (plan) =>
    roundsUpTo(mostRounds, plan) * distinctArms(plan.arms).length * armSecondsOf(plan),
  async run(context) {
    const { plan, random, record } = context;
    const arms = await bigArms(context, name, {
      leastBytes: bytesFor(plan),
      because:
        "because most of a smaller body lies in socket buffers, or is read before the readers are watched",
    });
    noteArms(context, name, arms);
    const rounds = roundsUpTo(mostRounds, plan);
    const searches = new Map(arms.map(({ id }) => [id, [] as Capacity[]]));
    try {
      for (const [index, order] of balancedOrders(arms, rounds, random).entries()) {
        await recordRound(context, name, order, async (arm, server) => {
          context.step(`round ${index + 1} of ${rounds}, ever more slow readers, ${arm.id}`);
          const { found, measured } = await measureCapacity(context, arm, server);
          searches.get(arm.id)?.push(found);
          return measured;
        });
      }
    } finally {
      for (const arm of arms) {
        const sentence = capacitySentence(arm, searches.get(arm.id) ?? [], plan);
        if (sentence !== null) record.warn(sentence);
      }
    }
    recordBounds(context, arms);
  },
};

async function measureCapacity(
  { session, plan, random, record }: ScenarioContext,
  arm: BigArm,
  server: RunningTarget,
): Promise<{ readonly found: Capacity; readonly measured: Measured }> {
  const { clock, signal } = session;
  const { watchMs, refinements } = timesOf(plan);
  const { readBytesPerSecond: bytesPerSecond } = plan;
  const served = { session, server, request: arm };
  const idleBytes = await idleMemory(server, signal);
  await warmUp(served);
  const quiet = await probePings(served, { durationMs: watchMs, random });
  const longestSeconds = longestPingSeconds(quiet);
  const endWatch = await watchProcesses(server);
  const ownLoad = await watchOwnLoad();
  const endMs = clock.nowMs() + armSecondsOf(plan) * 1000;
  const found = await findCapacity(
    (readers) => measureStep(served, { readers, bytesPerSecond, settleMs, watchMs, random }),
    {
      mostReaders,
      refinements,
      hasTime: () => clock.nowMs() < endMs,
      brokenBy: (step) => brokenLimit(step, longestSeconds),
    },
  );
  const { busyRatio } = await ownLoad();
  if (busyRatio > busyReaderRatio.warns) {
    record.warn(
      `${arm.id} is client-bound in ${name}: the readers themselves were busy for more than ${busyReaderRatio.warns * 100} % of the time; the server may carry more.`,
    );
  }
  const measured: Measured = {
    readers_carried: found.carried,
    readers_broken: found.broken?.readers ?? null,
    ping_p99_idle_s: quiet === null || quiet.failed > 0 ? null : quiet.p99Ms / 1000,
    ping_p99_s: found.kept === null || found.kept.ping === null ? null : found.kept.ping.p99Ms / 1000,
    peak_rss_over_idle_bytes: difference((await endWatch()).peakBytes, idleBytes),
  };
  return { found, measured };
}

/** What analysis says beside what was measured. It is an upper bound, and a search that was ended early is below it. */
function recordBounds({ plan, record }: ScenarioContext, arms: readonly BigArm[]): void {
  const medianOf = mediansOf(record, name);
  for (const arm of arms) {
    const observed = medianOf(arm.id, "readers_carried");
    if (observed === null) continue;
    const { readers } = capacityBound({ arm, plan, bodyBytes: arm.bodyBytes });
    const expected = Math.min(readers, mostReaders);
    record.checks.push({
      id: `${name}.${arm.id}.readers_carried`,
      expected,
      observed,
      tolerance: null,
      // The speed of one export alone is known no better than to a fifth.
      ok: observed <= expected * 1.2,
    });
  }
}

/** Bytes that a reader reads while the buffers fill, and while it is watched. */
function bytesFor(plan: RunPlan): number {
  const seconds = (settleMs + timesOf(plan).watchMs + stepGraceMs) / 1000;
  return Math.ceil(plan.readBytesPerSecond * seconds * spare);
}

function timesOf({ isQuick }: Pick<RunPlan, "isQuick">): typeof quickTimes | typeof fullTimes {
  return isQuick ? quickTimes : fullTimes;
}

/** A quick run shares its time among the arms. */
function armSecondsOf({ isQuick, arms }: Pick<RunPlan, "isQuick" | "arms">): number {
  if (!isQuick) return fullArmSeconds;
  return Math.max(fewestArmSeconds, quickSeconds / Math.max(1, distinctArms(arms).length));
}
