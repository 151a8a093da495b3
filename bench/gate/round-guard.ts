import { StreamCsvError } from "../../src/index.ts";
import type { MachineTicks } from "../probe/steal-time.ts";
import type { Throttling } from "../probe/throttling.ts";
import { percent } from "./sentence.ts";

/** What the machine says of itself at one moment; null is what it doesn't tell. */
interface MachineSample {
  readonly ticks: MachineTicks | null;
  readonly throttling: Throttling | null;
}

/** What is known of a round beside its measurements. */
export interface RoundWatch {
  readonly before: MachineSample;
  readonly after: MachineSample;
  /** The largest share of an export's time in which the reader itself was busy; null when it wasn't watched. */
  readonly readerBusyRatio: number | null;
  /** Bytes of each body that was read, by arm. */
  readonly bodyBytes: Readonly<Record<string, number>>;
  /** Bytes they should have. */
  readonly expectedBytes: number | null;
}

/** Above this share of stolen time the machine wasn't ours. */
const mostStolen = 0.02;
/** Above this share of its time the reader may have been the slower side. */
const mostReaderBusy = 0.8;

/**
 * Why a round can't be trusted, in a sentence; null when it can. The rules look at the machine and at the bodies, never
 * at how long anything took: a slow round is a measurement.
 */
export function roundFault(watch: RoundWatch): string | null {
  return bodyFault(watch) ?? stealFault(watch) ?? throttlingFault(watch) ?? readerFault(watch);
}

/** One attempt at a round: what it gave, and why that doesn't count, or null. */
export interface Attempt<T> {
  readonly value: T;
  readonly fault: string | null;
}

/**
 * Measures a round; when it can't be trusted, once more.
 * @param measure makes an attempt; it is told which one, 0 or 1, and notes what it gave itself
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the second attempt can't be trusted either
 */
export async function measureTwiceAtMost<T>(measure: (attempt: number) => Promise<Attempt<T>>): Promise<T> {
  const first = await measure(0);
  if (first.fault === null) return first.value;
  const second = await measure(1);
  if (second.fault === null) return second.value;
  const again = second.fault === first.fault ? "" : ` The first time: ${first.fault}`;
  throw new StreamCsvError(
    "SCSV_MEASUREMENT_INVALID",
    `A round couldn't be trusted, nor could its repetition: ${second.fault}${again}`,
  );
}

function bodyFault({ bodyBytes, expectedBytes }: RoundWatch): string | null {
  if (expectedBytes === null) return null;
  const wrong = Object.entries(bodyBytes).find(([, bytes]) => bytes !== expectedBytes);
  return wrong === undefined
    ? null
    : `The body of ${wrong[0]} had ${wrong[1]} bytes, and ${expectedBytes} when it was checked.`;
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
  return stopped > 0
    ? `The CPU limit of the control group stopped the processes in ${stopped} of ${periods} periods.`
    : null;
}

function readerFault({ readerBusyRatio }: RoundWatch): string | null {
  return readerBusyRatio !== null && readerBusyRatio > mostReaderBusy
    ? `The reader was busy for ${percent(readerBusyRatio)} of an export, more than ${percent(mostReaderBusy)}: it may have been the slower side.`
    : null;
}
