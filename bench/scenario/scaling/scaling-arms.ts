import { formatCount } from "../../../src/ground.ts";
import { bytesPerRow, distinctArms, type PlannedArm } from "../../session/arm.ts";
import { bodyUpTo } from "../body-up-to.ts";
import type { RunPlan, ScenarioContext } from "../scenario.ts";

/** Rows to measure, where there are as many: far apart for what should stay flat, nearer for what grows. */
const sizes = {
  unbounded: [100_000, 1_000_000, 5_000_000],
  buffered: [50_000, 100_000, 200_000, 400_000],
} as const;
/** When the caller gives the rows, they are the largest size: an eighth of them, a quarter, half and all. */
const shares = [1 / 8, 1 / 4, 1 / 2, 1] as const;
/** How other servers grow is not known, so the longest of their exports is bounded. */
const longestForeignSeconds = 10;
/** What an arm takes beside the export itself: starting, warming up, stopping. */
const overheadSeconds = 1;

/** An arm with one of its sizes; `base` is the id of the arm without a size. */
export interface ScalingArm extends PlannedArm {
  readonly base: string;
}

/** Every arm in all its sizes. */
export function scalingArms(plan: RunPlan): readonly ScalingArm[] {
  // A file that is ready costs no memory for its rows.
  const arms = distinctArms(plan.arms).filter(
    ({ delivery, target }) => delivery !== "file" && target.takesRows,
  );
  return arms.flatMap((arm) => {
    const most = arm.availableRows ?? Number.POSITIVE_INFINITY;
    const rows = new Set(wantedSizes(plan, arm).map((size) => Math.min(size, most)));
    return [...rows].map((size) => withSize({ ...arm, base: arm.id }, size));
  });
}

/** The sizes of an arm, if there are as many rows. */
function wantedSizes(plan: RunPlan, arm: PlannedArm): readonly number[] {
  const isBuffered = arm.delivery === "buffered";
  const most = Math.min(
    isBuffered ? Math.floor(plan.mostBufferedBytes / bytesPerRow(arm)) : Number.POSITIVE_INFINITY,
    arm.target.isStreamCsv
      ? Number.POSITIVE_INFINITY
      : Math.max(1, Math.floor(arm.rowsPerSecond * longestForeignSeconds)),
  );
  const wanted = plan.isRowsGiven
    ? shares.map((share) => Math.max(1, Math.round(plan.rows * share)))
    : sizes[isBuffered ? "buffered" : "unbounded"];
  return wanted.map((size) => Math.min(size, most));
}

/** The arms of targets that don't take a number of rows. */
export function ofOneSize(plan: Pick<RunPlan, "arms">): readonly PlannedArm[] {
  return distinctArms(plan.arms).filter(({ target }) => !target.takesRows);
}

/** Names what has to give the same body, by any delivery and in any round. */
export function sizeOf({ target, rows }: ScalingArm): string {
  return `${target.name} ${rows}`;
}

/** About how long one round takes, with one more export per size whose rows are counted. */
export function secondsFor(arms: readonly ScalingArm[]): number {
  const readSeconds = (arm: ScalingArm): number => arm.rows / arm.rowsPerSecond;
  const timed = arms.reduce((sum, arm) => sum + overheadSeconds + readSeconds(arm), 0);
  const counted = [...new Map(arms.map((arm) => [sizeOf(arm), arm])).values()];
  return counted.reduce((sum, arm) => sum + readSeconds(arm), timed);
}

/** About how long it takes to look up how many rows there are. */
export function lookUpSeconds(arms: readonly ScalingArm[]): number {
  const seconds = new Map<ScalingArm["target"], number>();
  for (const { target, rows, rowsPerSecond, availableRows, promisesRows } of arms) {
    if (availableRows !== null || (target.isStreamCsv && promisesRows)) continue;
    seconds.set(target, Math.max(seconds.get(target) ?? 0, overheadSeconds + rows / rowsPerSecond));
  }
  return [...seconds.values()].reduce((sum, one) => sum + one, 0);
}

/** Makes the largest exports smaller, or leaves them out, until all fit into the time left; says what was reduced. */
export function fitIntoTime(
  { session, record, deadlineMs }: ScenarioContext,
  arms: readonly ScalingArm[],
): readonly ScalingArm[] {
  if (deadlineMs === null) return arms;
  const secondsLeft = (deadlineMs - session.clock.nowMs()) / 1000;
  let fitting = arms;
  while (secondsFor(fitting) + lookUpSeconds(fitting) > secondsLeft) {
    const smaller = withSmallerLargest(fitting);
    if (smaller === fitting) break;
    fitting = smaller;
  }
  for (const base of new Set(arms.map((arm) => arm.base))) {
    const [wanted, measured] = [largestOf(arms, base), largestOf(fitting, base)];
    if (wanted === measured) continue;
    record.warn(
      `Memory of ${base} was measured up to ${formatCount(measured)} rows, because ${formatCount(wanted)} would take longer than --quick allows.`,
    );
  }
  return fitting;
}

/** Looks up how many rows each target has, where that isn't known, and makes no export larger; says which would have been. */
export async function upToAvailable(
  { plan, session, record }: Pick<ScenarioContext, "plan" | "session" | "record">,
  arms: readonly ScalingArm[],
): Promise<readonly ScalingArm[]> {
  const capped = new Map<string, ScalingArm>();
  for (const target of new Set(arms.map((arm) => arm.target))) {
    const sized = arms.filter((arm) => arm.target === target);
    const wanted = Math.max(...sized.map(({ rows }) => rows));
    const planned = plan.arms.find((arm) => arm.target === target);
    const { rows } = planned === undefined ? { rows: wanted } : await bodyUpTo(session, planned, wanted);
    for (const arm of sized) {
      const fitting = withSize(arm, Math.min(arm.rows, rows));
      capped.set(fitting.id, fitting);
    }
    // The survey may have found out already how many rows another server has.
    const isKnown = !target.isStreamCsv && rows === planned?.availableRows;
    const wished = isKnown ? Math.max(...wantedSizes(plan, planned)) : wanted;
    if (rows < wished) {
      const bases = [...new Set(sized.map(({ base }) => base))].join(", ");
      record.warn(`Memory of ${bases} was measured up to ${formatCount(rows)} rows: there are no more.`);
    }
  }
  return [...capped.values()];
}

/** Halves the largest export, or leaves it out where it would then be no larger than the next; keeps two sizes. */
function withSmallerLargest(arms: readonly ScalingArm[]): readonly ScalingArm[] {
  const largest = arms.reduce((left, right) => (right.rows > left.rows ? right : left));
  const others = arms.filter((arm) => arm.base === largest.base && arm !== largest);
  const rows = Math.round(largest.rows / 2);
  if (others.every((arm) => arm.rows < rows)) {
    return arms.map((arm) => (arm === largest ? withSize(arm, rows) : arm));
  }
  return others.length < 2 ? arms : arms.filter((arm) => arm !== largest);
}

function withSize(arm: ScalingArm, rows: number): ScalingArm {
  return { ...arm, id: `${arm.base}-${rows}`, rows };
}

function largestOf(arms: readonly ScalingArm[], base: string): number {
  return Math.max(0, ...arms.filter((arm) => arm.base === base).map(({ rows }) => rows));
}
