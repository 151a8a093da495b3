import { StreamCsvError } from "../../src/index.ts";
import type { Peer } from "./peer.ts";
import type { PeerContext, RunningPeer } from "./running-peer.ts";
import type { RowsCheck, RowsSample } from "./series.ts";
import { startPeer } from "./start-peer.ts";

/** Whether and how a peer takes part, or the reason why it doesn't. */
export type Admission =
  | {
      readonly state: "admitted";
      readonly version: string;
      readonly sample: RowsSample;
      readonly rows: number;
    }
  | { readonly state: "absent"; readonly reason: string }
  | { readonly state: "refused"; readonly reason: string };

/** How a peer is checked before it takes part. */
export interface AdmissionOptions {
  /** Number of rows that are read and compared with ours. */
  readonly checkedRows: number;
  readonly check: RowsCheck;
  /** Our rows; null for our own peer. */
  readonly reference: RowsSample | null;
  /** The target time and the bounds of a timed export, or its number of rows if given. */
  readonly size: SizeWish | { readonly rows: number };
}

/** The wanted size of an export. */
interface SizeWish {
  readonly seconds: number;
  readonly mostBytes: number;
  readonly mostRows: number;
}

/**
 * Checks whether a peer can be run here, makes it ready, reads its rows and chooses how many of them a timed export has.
 * One that is absent or gives other rows is told so and never timed.
 */
export async function admitPeer(
  peer: Peer,
  context: PeerContext,
  { checkedRows, check, reference, size }: AdmissionOptions,
): Promise<Admission> {
  const { workshop } = context;
  const { signal } = context.session;
  const version = await peer.findVersion(signal);
  if (version === null) {
    const reason = `Its runtime isn't on this machine; on Debian: apt-get install ${peer.packages.join(" ")}`;
    return { state: "absent", reason };
  }
  await peer.prepare?.(workshop, signal);
  await peer.provideRows?.(workshop, checkedRows, signal);
  const running = await startPeer(peer, context);
  try {
    const text = await running.text(checkedRows);
    const sample = await check.read(text, { of: peer.name, rows: checkedRows });
    const reason = reference === null ? undefined : check.differenceOf(sample, reference);
    if (reason !== undefined) return { state: "refused", reason };
    const rows = "rows" in size ? size.rows : await chooseRows({ peer, running, context }, sample, size);
    await peer.provideRows?.(workshop, rows, signal);
    return { state: "admitted", version, sample, rows };
  } catch (fault) {
    const isItsFault = fault instanceof StreamCsvError && fault.code === "SCSV_MEASUREMENT_INVALID";
    if (!isItsFault || signal.aborted) throw fault;
    return { state: "refused", reason: fault.message };
  } finally {
    await running.stop();
  }
}

/** The target time of the second export: by then the code is compiled, and the rate is that of a long export. */
const lookSeconds = 0.4;

/**
 * Chooses the number of rows, to two significant digits, by the rate of two exports; the first one has the rows just
 * checked.
 */
async function chooseRows(
  {
    peer,
    running,
    context: { workshop, session },
  }: { readonly peer: Peer; readonly running: RunningPeer; readonly context: PeerContext },
  { rows, bytesPerRow }: RowsSample,
  { seconds, mostBytes, mostRows }: SizeWish,
): Promise<number> {
  const look = async (count: number, wantedSeconds: number): Promise<number> => {
    // What the first request makes for all later ones isn't timed.
    if (peer.kind === "server" && peer.isReadyMade === true) await running.time(count);
    const wanted = (count / (await running.time(count))) * 1000 * wantedSeconds;
    return Number(Math.min(wanted, mostBytes / bytesPerRow, mostRows).toPrecision(2));
  };
  const more = await look(rows, lookSeconds);
  await peer.provideRows?.(workshop, more, session.signal);
  return look(more, seconds);
}
