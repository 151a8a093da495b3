import { StreamCsvError } from "../../src/index.ts";
import type { RunningTarget, Target } from "../../bench/subject/target.ts";
import { exportUrl, type Peer, type Workshop } from "./peer.ts";
import { readPeerRows } from "./measure-peer.ts";
import { peerTarget } from "./peer-target.ts";
import { differenceOf, readShape, type Shape } from "./shape.ts";

/** Whether and how a peer takes part, or the reason why it doesn't. */
export type Admission =
  | { readonly state: "admitted"; readonly version: string; readonly shape: Shape; readonly rows: number }
  | { readonly state: "absent"; readonly reason: string }
  | { readonly state: "refused"; readonly reason: string };

/** How a peer is checked before it takes part. */
export interface AdmissionOptions {
  /** Number of rows that are parsed and compared with ours. */
  readonly checkedRows: number;
  /** The shape of our rows; null for our own peer. */
  readonly reference: Shape | null;
  /** The target time and the most bytes of a timed export, or its number of rows if given. */
  readonly size: { readonly seconds: number; readonly mostBytes: number } | { readonly rows: number };
}

/** A peer that was started for the check. */
interface Visit {
  readonly target: Target;
  readonly server: RunningTarget;
  readonly workshop: Workshop;
  readonly signal: AbortSignal;
}

/**
 * WorkSamples whether a peer can be run here, makes it ready, parses its rows and chooses how many of them a timed export has.
 * One that is absent or serves other rows is told so and never timed.
 */
export async function admitPeer(
  peer: Peer,
  workshop: Workshop,
  { checkedRows, reference, size }: AdmissionOptions,
  signal: AbortSignal,
): Promise<Admission> {
  const version = await peer.findVersion(signal);
  if (version === null) {
    const reason = `Its runtime isn't on this machine; on Debian: apt-get install ${peer.packages.join(" ")}`;
    return { state: "absent", reason };
  }
  await peer.prepare?.(workshop, signal);
  await peer.provideRows?.(workshop, checkedRows, signal);
  const target = await peerTarget(peer, workshop);
  const server = await target.start(signal, checkedRows);
  try {
    const shape = await readShape(exportUrl(peer, server.origin, checkedRows), checkedRows, signal);
    const reason = reference === null ? undefined : differenceOf(shape, reference);
    if (reason !== undefined) return { state: "refused", reason };
    const rows =
      "rows" in size ? size.rows : await chooseRows(peer, { target, server, workshop, signal }, shape, size);
    await peer.provideRows?.(workshop, rows, signal);
    return { state: "admitted", version, shape, rows };
  } catch (fault) {
    const isItsFault = fault instanceof StreamCsvError && fault.code === "SCSV_MEASUREMENT_INVALID";
    if (!isItsFault || signal.aborted) throw fault;
    return { state: "refused", reason: fault.message };
  } finally {
    await server.stop();
  }
}

/** The target time of the second export: by then the code is compiled, and the rate is that of a long export. */
const lookSeconds = 0.4;

/**
 * Chooses the number of rows, to two significant digits, by the rate of two exports; the first one has the rows just
 * checked.
 */
async function chooseRows(
  peer: Peer,
  { target, server, workshop, signal }: Visit,
  { rows, bytesPerRow }: Shape,
  { seconds, mostBytes }: { readonly seconds: number; readonly mostBytes: number },
): Promise<number> {
  const look = async (count: number, wantedSeconds: number): Promise<number> => {
    const { totalMs } = await readPeerRows(target, server, count, signal);
    const wanted = (count / totalMs) * 1000 * wantedSeconds;
    return Number(Math.min(wanted, mostBytes / bytesPerRow).toPrecision(2));
  };
  const more = await look(rows, lookSeconds);
  await peer.provideRows?.(workshop, more, signal);
  return look(more, seconds);
}
