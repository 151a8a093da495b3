import type { Readable } from "node:stream";
import type { Session } from "../../bench/session/session.ts";
import type { Workshop } from "./peer.ts";
import type { RowsOrigin } from "./series.ts";

/** The measurements of a peer in one round; null if it has no such thing, or this system can't sample it. */
export interface PeerNumbers {
  readonly bytesPerSecond: number;
  readonly rowsPerSecond: number;
  readonly firstByteSeconds: number | null;
  readonly cpuSecondsPerMillionRows: number | null;
  /** CPU time of the database, where there is one. */
  readonly databaseCpuSecondsPerMillionRows: number | null;
  /** Memory of the process tree before it has made any rows. */
  readonly idleBytes: number | null;
  readonly peakOverIdleBytes: number | null;
  readonly pingsPerSecond: number | null;
  /** From the moment a client left until its query has ended. */
  readonly querySecondsAfterLeaving: number | null;
  /** Share of the export's time in which the reader was busy; near 1 the reader was the limit. */
  readonly readerBusyRatio: number;
}

/** A peer that runs. */
export interface RunningPeer {
  /** The text of so many rows. */
  text(rows: number): Promise<Readable>;
  /**
   * Makes so many rows. @returns how long that took, in milliseconds
   * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when it fails
   */
  time(rows: number): Promise<number>;
  /** Measures it once, in a process that has made no rows: its idle memory, a warm-up, and one timed export with all probes. */
  measure(rows: number): Promise<PeerNumbers>;
  /** Ends it, and everything it started. */
  stop(): Promise<void>;
}

/** What a peer runs in. */
export interface PeerContext {
  readonly workshop: Workshop;
  readonly origin: RowsOrigin;
  readonly session: Session;
}
