import { StreamCsvError } from "../../../src/index.ts";
import { machineTicks, type MachineTicks } from "../../probe/steal-time.ts";
import { cpuThrottling, type Throttling } from "../../probe/throttling.ts";
import { percent } from "../../result/percent.ts";

/** What the machine says of itself at one moment; null is what it doesn't tell. */
export interface MachineSample {
  readonly ticks: MachineTicks | null;
  readonly throttling: Throttling | null;
}

/** Asks the machine how much was taken from it so far. */
export async function machineSample(): Promise<MachineSample> {
  return { ticks: await machineTicks(), throttling: await cpuThrottling() };
}

/** What is known of a round beside its measurements. */
export interface RoundWatch {
  readonly before: MachineSample;
  readonly after: MachineSample;
  /**
   * The largest share of an export's time in which the reader itself was busy; null when it wasn't watched, or when
   * nothing that is judged comes from the reader's clock.
   */
  readonly readerBusyRatio: number | null;
}

/** Above this share of stolen time the machine wasn't ours. */
const mostStolen = 0.1;
/** Above this share of a control group's periods its limit shaped what was measured. */
const mostThrottled = 0.1;
/** Above this share of its time the reader may have been the slower side. */
const mostReaderBusy = 0.8;

/**
 * Why a round can't be trusted, in a sentence; null when it can. The rules look at the machine and the reader, never at
 * how long anything took: a slow round is a measurement. A wrong body is no matter of luck and ends the run elsewhere.
 */
export function roundFault(watch: RoundWatch): string | null {
  return stealFault(watch) ?? throttlingFault(watch) ?? readerFault(watch);
}

/** How the message of a run begins that the machine kept from being measured. */
export const untrustedTwice = "A round couldn't be trusted, nor could its repetition";

/**
 * Measures a round; when it can't be trusted, once more.
 * @param measure notes what it found, and gives why that doesn't count, or null
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

function stealFault({ before, after }: RoundWatch): string | null {
  if (before.ticks === null || after.ticks === null) return null;
  const total = after.ticks.total - before.ticks.total;
  const share = total > 0 ? (after.ticks.stolen - before.ticks.stolen) / total : 0;
  return share > mostStolen
    ? `${percent(share)} of the CPU time went to other guests of the host, and at most ${percent(mostStolen)} may.`
    : null;
}

function throttlingFault({ before, after }: RoundWatch): string | null {
  if (before.throttling === null || after.throttling === null) return null;
  const stopped = after.throttling.throttledPeriods - before.throttling.throttledPeriods;
  const periods = after.throttling.periods - before.throttling.periods;
  return stopped > mostThrottled * periods
    ? `The CPU limit of the control group stopped the processes in ${stopped} of ${periods} periods, and at most ${percent(mostThrottled)} may be.`
    : null;
}

function readerFault({ readerBusyRatio }: RoundWatch): string | null {
  return readerBusyRatio !== null && readerBusyRatio > mostReaderBusy
    ? `The reader was busy for ${percent(readerBusyRatio)} of an export, more than ${percent(mostReaderBusy)}: it may have been the slower side.`
    : null;
}
