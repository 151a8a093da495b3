import { StreamCsvError } from "../../../src/ground.ts";
import { busyReaderRatio } from "../../probe/own-load.ts";
import { machineTicks, type MachineTicks } from "../../probe/steal-time.ts";
import { cpuThrottling, type Throttling } from "../../probe/throttling.ts";
import { percent } from "../../result/percent.ts";

/** What the machine reports about itself at one moment; null is what it does not report. */
export interface MachineSample {
  readonly ticks: MachineTicks | null;
  readonly throttling: Throttling | null;
}

/** Asks the machine how much CPU time was taken from it so far. */
export async function machineSample(): Promise<MachineSample> {
  return { ticks: await machineTicks(), throttling: await cpuThrottling() };
}

/** What is known about a round beside its measurements. */
export interface RoundWatch {
  readonly before: MachineSample;
  readonly after: MachineSample;
  /**
   * The largest share of an export's time in which the reader itself was busy; null when nothing that is judged depends
   * on the reader.
   */
  readonly readerBusyRatio: number | null;
}

/** Above this share of stolen CPU time other guests of the host shaped what was measured. */
const mostStolen = 0.1;
/** Above this share of periods the CPU limit of the control group shaped what was measured. */
const mostThrottled = 0.1;

/**
 * Why a round can't be trusted, in a sentence; null when it can. The rules look at the machine and the reader, never at
 * how long anything took, because a slow round is a measurement. A wrong body is not repeated: it ends the run.
 */
export function roundFault(watch: RoundWatch): string | null {
  return stealFault(watch) ?? throttlingFault(watch) ?? readerFault(watch);
}

/** How the message begins when the machine did not allow a measurement. */
export const untrustedTwice = "A round could not be trusted, nor could its repetition";

/**
 * Measures a round, and once more when it can't be trusted.
 * @param measure records what it found, and returns why that does not count, or null
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the second attempt can't be trusted either
 */
export async function measureTwiceAtMost(measure: () => Promise<string | null>): Promise<void> {
  const first = await measure();
  if (first === null) return;
  const second = await measure();
  if (second === null) return;
  const again = second === first ? "" : ` The first time: ${first}`;
  throw new StreamCsvError("SCSV_MEASUREMENT_INVALID", `${untrustedTwice}: ${second}${again}`);
}

/**
 * What took CPU time from a run that gates nothing, one sentence each, by the same limits: its rounds aren't repeated, and
 * their times may be those of a slower machine.
 */
export function machineNotes(watch: Pick<RoundWatch, "before" | "after">): readonly string[] {
  const stolen = stolenShare(watch);
  const stops = stopsOf(watch);
  return [
    ...(stolen > mostStolen
      ? [
          `${percent(stolen)} of the CPU time went to other guests of the host meanwhile: times may be those of a slower machine.`,
        ]
      : []),
    ...(areTooMany(stops)
      ? [
          `The CPU limit of the control group stopped the processes in ${stops.stopped} of ${stops.periods} periods meanwhile: times are those of a slower machine. Allow two cores, or set no limit.`,
        ]
      : []),
  ];
}

function stealFault(watch: RoundWatch): string | null {
  const share = stolenShare(watch);
  return share > mostStolen
    ? `${percent(share)} of the CPU time went to other guests of the host; at most ${percent(mostStolen)} is allowed.`
    : null;
}

function stolenShare({ before, after }: Pick<RoundWatch, "before" | "after">): number {
  if (before.ticks === null || after.ticks === null) return 0;
  const total = after.ticks.total - before.ticks.total;
  return total > 0 ? (after.ticks.stolen - before.ticks.stolen) / total : 0;
}

function throttlingFault(watch: RoundWatch): string | null {
  const stops = stopsOf(watch);
  return areTooMany(stops)
    ? `The CPU limit of the control group stopped the processes in ${stops.stopped} of ${stops.periods} periods; at most ${percent(mostThrottled)} is allowed.`
    : null;
}

/** Periods of CPU limits, and in how many of them processes were stopped. */
interface Stops {
  readonly stopped: number;
  readonly periods: number;
}

function stopsOf({ before, after }: Pick<RoundWatch, "before" | "after">): Stops {
  if (before.throttling === null || after.throttling === null) return { stopped: 0, periods: 0 };
  return {
    stopped: after.throttling.throttledPeriods - before.throttling.throttledPeriods,
    periods: after.throttling.periods - before.throttling.periods,
  };
}

function areTooMany({ stopped, periods }: Stops): boolean {
  return stopped > mostThrottled * periods;
}

function readerFault({ readerBusyRatio }: RoundWatch): string | null {
  return readerBusyRatio !== null && readerBusyRatio > busyReaderRatio.refuses
    ? `The reader was busy for ${percent(readerBusyRatio)} of an export, more than ${percent(busyReaderRatio.refuses)}: it may have been the slower side.`
    : null;
}
