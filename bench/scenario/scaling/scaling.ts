import { formatCount, StreamCsvError } from "../../../src/index.ts";
import type { MetricId } from "../../result/metric.ts";
import type { Check } from "../../result/schema.ts";
import { growthOf } from "../../statistics/growth.ts";
import { median } from "../../statistics/median.ts";
import { distinctArms, type PlannedArm, type ExpectedBody } from "../../session/arm.ts";
import { measureFresh, requireSameBody } from "../../session/measure/measure-export.ts";
import { readWhole, type ServedExport } from "../../session/session.ts";
import { noteArms } from "../note-arms.ts";
import { recordRound } from "../record-round.ts";
import type { RunPlan, Scenario, ScenarioContext } from "../scenario.ts";

const name = "scaling";

/** Rows that are measured, where there are as many: far apart for what should stay flat, nearer for what grows. */
const sizes = {
  unbounded: [100_000, 1_000_000, 5_000_000],
  buffered: [50_000, 100_000, 200_000, 400_000],
} as const;
/** Where rows were asked for, they are the most: an eighth of them, a quarter, half and all. */
const shares = [1 / 8, 1 / 4, 1 / 2, 1] as const;
const fullRounds = 3;
/** How far the peak of a streamed export may rise from its smallest to its largest size and still be called flat. */
const flatPeakBytes = 8 * 1024 ** 2;
/** What an arm takes beside the export itself: starting, warming up, stopping. */
const overheadSeconds = 1;

/** One export of some size; its `base` is the arm it is a size of. */
interface ScalingArm extends PlannedArm {
  readonly base: string;
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
    const { plan, record, session } = context;
    const arms = fitted(context, sizedArms(plan));
    noteArms(context, name, arms);
    const bodies = new Map<string, ExpectedBody>();
    for (let round = 0; round < roundsOf(plan); round += 1) {
      await recordRound(context, name, arms, async (arm, server) => {
        const rows = formatCount(arm.rows);
        context.step(`round ${round + 1} of ${roundsOf(plan)}, memory for ${rows} rows, ${arm.base}`);
        const served = { session, server, request: arm };
        const { measured, reading } = await measureFresh(served, arm.rows);
        const body = bodies.get(sizeOf(arm)) ?? (await countedBody(served, arm, plan));
        bodies.set(sizeOf(arm), body);
        requireSameBody(`${arm.base} with ${rows} rows`, reading, body);
        return { ...measured, rows: body.rows, rows_per_s: body.rows / Number(measured.total_s) };
      });
    }
    for (const arm of arms) {
      const there = bodies.get(sizeOf(arm))?.rows ?? arm.rows;
      if (there < arm.rows)
        record.warn(`${arm.id} is an export of ${formatCount(there)} rows: there are no more.`);
    }
    record.checks.push(...checksOf(context, arms));
  },
};

/** What has to give the same body, by any delivery and in any round. */
function sizeOf({ target, rows }: ScalingArm): string {
  return `${target.name} ${rows}`;
}

/**
 * The body of a size, its rows counted, from an untimed export.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it hasn't the rows that were asked for
 */
async function countedBody(
  served: ServedExport,
  arm: ScalingArm,
  { promisesRows }: RunPlan,
): Promise<ExpectedBody> {
  const { bodyBytes, crc32, content } = await readWhole(served, { check: true, checksum: true });
  const rows = (content?.records ?? 0) - (arm.body.headerRecords ?? 1);
  if (rows !== arm.rows && (promisesRows || !arm.target.isStreamCsv || rows > arm.rows)) {
    const whose = arm.target.isStreamCsv ? arm.base : arm.target.name;
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `${whose} gave ${rows} rows where ${arm.rows} were asked for.`,
    );
  }
  return { rows, bytes: bodyBytes, crc32: crc32 ?? 0 };
}

function roundsOf({ isQuick, rounds }: RunPlan): number {
  return isQuick ? 1 : Math.min(rounds, fullRounds);
}

function sizedArms(plan: RunPlan): readonly ScalingArm[] {
  // A file that lies ready costs no memory for its rows, and a target that takes no rows has but one size.
  const arms = distinctArms(plan.arms).filter(
    ({ delivery, target }) => delivery !== "file" && target.takesRows,
  );
  return arms.flatMap((arm) => {
    const isBuffered = arm.delivery === "buffered";
    const most = Math.min(
      (arm.target.isStreamCsv ? plan.availableRows : null) ?? Number.POSITIVE_INFINITY,
      isBuffered ? Math.floor(plan.mostBufferedBytes / plan.bytesPerRow) : Number.POSITIVE_INFINITY,
      // Of other servers nobody knows how they grow: no export of theirs is to take for ever.
      arm.target.isStreamCsv
        ? Number.POSITIVE_INFINITY
        : Math.max(1, rowsPerSecondOf(plan, arm) * longestForeignSeconds),
    );
    const wanted = plan.isRowsGiven
      ? shares.map((share) => Math.max(1, Math.round(plan.rows * share)))
      : sizes[isBuffered ? "buffered" : "unbounded"];
    const rows = new Set(wanted.map((size) => Math.min(size, Math.floor(most))));
    return [...rows].map((size) => sizedArm(arm, size));
  });
}

const longestForeignSeconds = 10;

function sizedArm(arm: PlannedArm & { readonly base?: string }, rows: number): ScalingArm {
  const base = arm.base ?? arm.id;
  return { ...arm, base, id: `${base}-${rows}`, rows };
}

/** As fast as it was in the untimed pass; our own as it streams. */
function rowsPerSecondOf({ rowsPerSecond, exportSeconds }: RunPlan, { target, body }: PlannedArm): number {
  const seconds = exportSeconds.get(target.name);
  return target.isStreamCsv || seconds === undefined ? rowsPerSecond : body.rows / Math.max(0.001, seconds);
}

function secondsFor(plan: RunPlan, arms: readonly ScalingArm[]): number {
  const exports = arms.reduce((sum, arm) => sum + overheadSeconds + arm.rows / rowsPerSecondOf(plan, arm), 0);
  const counted = [...new Map(arms.map((arm) => [sizeOf(arm), arm])).values()];
  return counted.reduce((sum, arm) => sum + arm.rows / rowsPerSecondOf(plan, arm), exports);
}

/** Makes the largest exports smaller, or leaves them out, until all fit into the time left. */
function fitted(context: ScenarioContext, arms: readonly ScalingArm[]): readonly ScalingArm[] {
  const { plan, session, record, deadlineMs } = context;
  if (deadlineMs === null) return arms;
  const secondsLeft = (deadlineMs - session.clock.nowMs()) / 1000;
  let fitting = arms;
  while (secondsFor(plan, fitting) > secondsLeft) {
    const smaller = withSmallerLargest(fitting);
    if (smaller === fitting) break;
    fitting = smaller;
  }
  for (const base of new Set(arms.map((arm) => arm.base))) {
    const [wanted, measured] = [largestOf(arms, base), largestOf(fitting, base)];
    if (wanted === measured) continue;
    record.warn(
      `Memory of ${base} was measured up to ${formatCount(measured)} rows, since ${formatCount(wanted)} would take longer than --quick allows.`,
    );
  }
  return fitting;
}

/** Halves the largest export; leaves it out where that would be no larger than the next; keeps two sizes in any case. */
function withSmallerLargest(arms: readonly ScalingArm[]): readonly ScalingArm[] {
  const largest = arms.reduce((left, right) => (right.rows > left.rows ? right : left));
  const others = arms.filter((arm) => arm.base === largest.base && arm !== largest);
  const rows = Math.round(largest.rows / 2);
  if (others.every((arm) => arm.rows < rows)) {
    return arms.map((arm) => (arm === largest ? sizedArm(arm, rows) : arm));
  }
  return others.length < 2 ? arms : arms.filter((arm) => arm !== largest);
}

function largestOf(arms: readonly ScalingArm[], base: string): number {
  return Math.max(0, ...arms.filter((arm) => arm.base === base).map(({ rows }) => rows));
}

/** The slope of each beside what is to be expected of its delivery, and how far the streamed peak rose. */
function checksOf({ plan, record }: ScenarioContext, arms: readonly ScalingArm[]): readonly Check[] {
  const rounds = record.rounds.filter((round) => round.scenario === name && round.valid);
  return [...new Set(arms.map(({ base }) => base))].flatMap((base): readonly Check[] => {
    const own = arms.filter((arm) => arm.base === base);
    const points = own.flatMap(({ id, rows }) => {
      const of = (metric: MetricId): number | null =>
        median(rounds.flatMap((round) => round.arms[id]?.[metric] ?? []));
      const peak = of("peak_rss_over_idle_bytes");
      return peak === null ? [] : [{ x: of("rows") ?? rows, y: peak }];
    });
    const growth = growthOf(points, plan.bytesPerRow);
    if (growth === null) return [];
    const slope = (expected: number | null, ok: boolean): Check => {
      const id = `${name}.${base}.slope_bytes_per_row`;
      return { id, expected, observed: growth.slope, tolerance: null, ok };
    };
    const delivery = own[0]?.delivery ?? null;
    if (delivery === "buffered") return [slope(plan.bytesPerRow, growth.order === "grows")];
    // What another server should do isn't ours to say.
    if (delivery === null) return [slope(null, true)];
    const observed = (points.at(-1)?.y ?? 0) - (points[0]?.y ?? 0);
    const id = `${name}.${base}.peak_rise_bytes`;
    return [
      { id, expected: 0, observed, tolerance: flatPeakBytes, ok: observed <= flatPeakBytes },
      slope(0, growth.order === "flat"),
    ];
  });
}
