import { formatCount } from "../../src/index.ts";
import type { Measured } from "../result/metric.ts";
import type { Arm, Check } from "../result/schema.ts";
import { growthOf } from "../statistics/growth.ts";
import { median } from "../statistics/median.ts";
import { measureExport } from "../trial/measure-export.ts";
import { withServer, type Delivery } from "../trial/session.ts";
import type { Plan, Scenario, ScenarioContext } from "./scenario.ts";

const name = "scaling";

/** Rows that are measured, where there are as many: far apart for what should stay flat, nearer for what grows. */
const sizes: Readonly<Partial<Record<Delivery, readonly number[]>>> = {
  streaming: [100_000, 5_000_000],
  buffered: [50_000, 100_000, 200_000, 400_000],
};
const fullRounds = 3;
/** How far the peak of a streamed export may rise from its smallest to its largest size and still be called flat. */
const flatPeakBytes = 8 * 1024 ** 2;
/** What an arm takes beside the export itself: starting, warming up, stopping. */
const overheadSeconds = 1;

/** One export of some size. */
interface SizedArm {
  readonly id: string;
  readonly delivery: Delivery;
  readonly rows: number;
}

/** The peak memory of the server for exports of different sizes, which tells O(1) from O(n). */
export const scalingScenario: Scenario = {
  name,
  summary: "the server's peak memory for exports of growing size, streamed and buffered: O(1) or O(n)",
  countSteps: (plan) => sizedArms(plan).length * roundsOf(plan),
  async run(context) {
    const { plan, logbook, session } = context;
    const arms = fitted(context, sizedArms(plan));
    logbook.arms.push(
      ...arms.map(({ id, delivery }): Arm => {
        const role = delivery === "buffered" ? "control" : "treatment";
        return { id, scenario: name, role, delivery, command: session.target.command };
      }),
    );
    for (let index = 0; index < roundsOf(plan); index += 1) await runRound(context, arms, index);
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

/** Makes the largest export smaller where the time left wouldn't do. */
function fitted({ plan, session, logbook }: ScenarioContext, arms: readonly SizedArm[]): readonly SizedArm[] {
  if (plan.deadlineMs === null) return arms;
  const secondsLeft = (plan.deadlineMs - session.clock.nowMs()) / 1000 - arms.length * overheadSeconds;
  const largest = arms.reduce((left, right) => (right.rows > left.rows ? right : left));
  const others = arms.reduce((total, arm) => total + arm.rows, 0) - largest.rows;
  const affordable = Math.floor((secondsLeft * plan.rowsPerSecond - others) / 100_000) * 100_000;
  if (largest.rows <= affordable) return arms;
  const rows = Math.max(affordable, 2 * Math.min(...arms.map((arm) => arm.rows)));
  logbook.warn(
    `${formatCount(largest.rows)} rows would have taken longer than --quick allows; ${formatCount(rows)} were measured instead.`,
  );
  return arms.map((arm) => (arm === largest ? sizedArm(arm.delivery, rows) : arm));
}

async function runRound(context: ScenarioContext, arms: readonly SizedArm[], index: number): Promise<void> {
  const { session, logbook } = context;
  const order = arms.map(({ id }) => id);
  const found: Record<string, Measured> = {};
  let isWhole = false;
  try {
    for (const { id, delivery, rows } of arms) {
      context.step(`memory for ${formatCount(rows)} rows, ${delivery}`);
      const { measured } = await withServer(session, (server) =>
        measureExport(session, server, { delivery, rows }, rows),
      );
      found[id] = measured;
    }
    isWhole = true;
  } finally {
    const reason = session.signal.aborted ? "interrupted" : "an arm failed";
    logbook.rounds.push({
      scenario: name,
      index,
      order,
      valid: isWhole,
      ...(isWhole ? {} : { reason }),
      arms: found,
    });
  }
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
