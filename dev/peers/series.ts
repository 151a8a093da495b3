import type { Readable } from "node:stream";
import type { Observer } from "../../bench/probe/observed-work.ts";
import type { Peer } from "./peer.ts";

/** Peers that are measured together, because their rows come from the same place. */
export interface PeerSeries {
  /** Names its part of the page. */
  readonly name: string;
  /** The peer that all others are compared with. */
  readonly ours: Peer;
  /** The others, in the order of the page. */
  readonly others: readonly Peer[];
  /** The most rows there are. @default as many as wanted */
  readonly mostRows?: number;
  readonly check: RowsCheck;
  /** Makes what rows come from. @param folder a folder of the run, where its files belong */
  open(folder: string, signal: AbortSignal): Promise<RowsOrigin>;
}

/** What rows of a series come from. */
export interface RowsOrigin {
  /** The file of words, or the URL of the database. */
  readonly rowsFrom: string;
  /** What is measured beside the peers, such as their database. */
  readonly observers: readonly Observer[];
  /** Watches the queries of peers; null where there are none. */
  readonly queries: QueryWatch | null;
  close(): Promise<void>;
}

/** Watches the queries that peers run at their database. */
export interface QueryWatch {
  /**
   * Waits until no query runs any more. @returns seconds from the call until the end of the last one; null if one still
   * runs after a minute
   */
  untilQueriesEnd(): Promise<number | null>;
}

/** The first rows of a peer, as they were read. */
export interface RowsSample {
  readonly rows: number;
  readonly bytesPerRow: number;
}

/** Decides whether a peer does the same work as ours. */
export interface RowsCheck {
  /** Reads a text to its end. @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` that says what is wrong with it */
  read(text: Readable, facts: { readonly of: string; readonly rows: number }): Promise<RowsSample>;
  /** What differs too much from our sample, as a sentence; undefined if nothing does. */
  differenceOf(sample: RowsSample, ours: RowsSample): string | undefined;
}
