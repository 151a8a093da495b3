import { formatCount } from "../../src/index.ts";
import type { Check } from "../result/schema.ts";
import { growthOf } from "../statistics/growth.ts";
import { median } from "../statistics/median.ts";
import { measureExport } from "../trial/measure-export.ts";
import type { Delivery } from "../trial/session.ts";
import { noteArms, type DeliveryArm } from "./delivery-arm.ts";
import { recordRound } from "./record-round.ts";
import type { Plan, Scenario, ScenarioContext } from "./scenario.ts";

const name = "scaling";

/** Rows that are measured, where there are as many: far apart for what should stay flat, nearer for what grows. */
const sizes: Readonly<Partial<Record<Delivery, readonly number[]>>> = {
  streaming: [100_000, 1_000_000, 5_000_000],
  buffered: [50_000, 100_000, 200_000, 400_000],
};
const fullRounds = 3;
/** How far the peak of a streamed export may rise from its smallest to its largest size and still be called flat. */
const flatPeakBytes = 8 * 1024 ** 2;
/** What an arm takes beside the export itself: starting, warming up, stopping. */
const overheadSeconds = 1;

/** One export of some size. */
interface SizedArm extends DeliveryArm {
  readonly rows: number;
}

/** The peak memory of the server for exports of different sizes, which tells O(1) from O(n). */
export const scalingScenario: Scenario = {
  name,
  summary: "the server's peak memory for exports of growing size, streamed and buffered: O(1) or O(n)",
  isDefault: true,
  isDispensable: false,
  countSteps: (plan) => sizedArms(plan).length * roundsOf(plan),
  estimateSeconds: (plan) => roundsOf(plan) * secondsFor(plan, sizedArms(plan)),
  async run(context) {
    const { plan, logbook, session } = context;
    const arms = fitted(context, sizedArms(plan));
    noteArms(context, name, arms);
    for (let round = 0; round < roundsOf(plan); round += 1) {
      await recordRound(context, name, arms, async ({ delivery, rows }, server) => {
        context.step(`memory for ${formatCount(rows)} rows, ${delivery}`);
        return (await measureExport(session, server, { delivery, rows }, rows)).measured;
      });
    }
    logbook.checks.push(...checksOf(context, arms));
  },
};

function roundsOf({ isQuick, rounds }: Plan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function sizedArms({ deliveries, availableRows, mostBufferedBytes, bytesPerRow }: Plan): readonly SizedArm[] {
  return deliveries.flatMap((delivery) => {
    const most = Math.min(
      availableRows ?? Number.POSITIVE_INFINITY,
      delivery === "buffered" ? Math.floor(mostBufferedBytes / bytesPerRow) : Number.POSITIVE_INFINITY,
    );
    const rows = new Set((sizes[delivery] ?? []).map((size) => Math.min(size, most)));
    return [...rows].map((size) => sizedArm(delivery, size));
  });
}

function sizedArm(delivery: Delivery, rows: number): SizedArm {
  return { id: `${delivery}-${rows}`, delivery, rows };
}

function secondsFor({ rowsPerSecond }: Plan, arms: readonly SizedArm[]): number {
  return arms.reduce((total, { rows }) => total + overheadSeconds + rows / rowsPerSecond, 0);
}

/** Makes the largest exports smaller, or leaves them out, until all fit into the time left. */
function fitted(context: ScenarioContext, arms: readonly SizedArm[]): readonly SizedArm[] {
  const { plan, session, logbook, deadlineMs } = context;
  if (deadlineMs === null) return arms;
  const secondsLeft = (deadlineMs - session.clock.nowMs()) / 1000;
  let fitting = arms;
  while (secondsFor(plan, fitting) > secondsLeft) {
    const smaller = withSmallerLargest(fitting);
    if (smaller === fitting) break;
    fitting = smaller;
  }
  for (const delivery of plan.deliveries) {
    const [wanted, measured] = [largestOf(arms, delivery), largestOf(fitting, delivery)];
    if (wanted === measured) continue;
    logbook.warn(
      `Memory of the ${delivery} delivery was measured up to ${formatCount(measured)} rows, since ${formatCount(wanted)} would take longer than --quick allows.`,
    );
  }
  return fitting;
}

/** Halves the largest export; leaves it out where that would be no larger than the next; keeps two sizes in any case. */
function withSmallerLargest(arms: readonly SizedArm[]): readonly SizedArm[] {
  const largest = arms.reduce((left, right) => (right.rows > left.rows ? right : left));
  const others = arms.filter((arm) => arm.delivery === largest.delivery && arm !== largest);
  const rows = Math.round(largest.rows / 2);
  if (others.every((arm) => arm.rows < rows)) {
    return arms.map((arm) => (arm === largest ? sizedArm(arm.delivery, rows) : arm));
  }
  return others.length < 2 ? arms : arms.filter((arm) => arm !== largest);
}

function largestOf(arms: readonly SizedArm[], delivery: Delivery): number {
  return Math.max(0, ...arms.filter((arm) => arm.delivery === delivery).map(({ rows }) => rows));
}

/** The slopes beside what is to be expected of them, and how far the streamed peak rose. */
function checksOf({ plan, logbook }: ScenarioContext, arms: readonly SizedArm[]): readonly Check[] {
  const rounds = logbook.rounds.filter((round) => round.scenario === name && round.valid);
  const points = (delivery: Delivery): { x: number; y: number }[] =>
    arms
      .filter((arm) => arm.delivery === delivery)
      .flatMap(({ id, rows }) => {
        const peaks = rounds.flatMap((round) => round.arms[id]?.["peak_rss_over_idle_bytes"] ?? []);
        const y = median(peaks);
        return y === null ? [] : [{ x: rows, y }];
      });
  const { bytesPerRow } = plan;
  const streamed = points("streaming");
  const flat = growthOf(streamed, bytesPerRow);
  const buffered = growthOf(points("buffered"), bytesPerRow);
  const checks: Check[] = [];
  const rise = (streamed.at(-1)?.y ?? 0) - (streamed[0]?.y ?? 0);
  if (flat !== null) {
    checks.push(
      check("streaming.peak_rise_bytes", 0, rise, flatPeakBytes, rise <= flatPeakBytes),
      check("streaming.slope_bytes_per_row", 0, flat.slope, null, flat.order === "flat"),
    );
  }
  if (buffered !== null) {
    checks.push(
      check("buffered.slope_bytes_per_row", bytesPerRow, buffered.slope, null, buffered.order === "grows"),
    );
  }
  return checks;
}

function check(id: string, expected: number, observed: number, tolerance: number | null, ok: boolean): Check {
  return { id: `${name}.${id}`, expected, observed, tolerance, ok };
}
