import type { Delivery } from "../../src/index.ts";
import type { ServerProcess } from "./process/server-process.ts";

/** One export as it is asked for. */
export interface ExportRequest {
  /** null at a target that has only one way. */
  readonly delivery: Delivery | null;
  readonly rows: number;
}

/** Something that can be measured: each call of `start` gives it afresh, as far as it can be started. */
export interface Target {
  /** What reports call it; no two targets of a run have the same. */
  readonly name: string;
  /** The command line that starts it; null when it runs already. */
  readonly command: string | null;
  /** The address of its export, with its placeholders; null when that follows from the export's name. */
  readonly url: string | null;
  /** Whether it is `stream-csv serve`, of this version or another: it has deliveries and tells inside numbers. */
  readonly isStreamCsv: boolean;
  /** Whether it gives as many rows as it is asked for, instead of what it has. */
  readonly takesRows: boolean;
  /** Whether two of it can run at once; what has a fixed port can't. */
  readonly canRunTwice: boolean;
  /**
   * @param rows the rows it will be asked for, which some must know when they start
   * @throws StreamCsvError `SCSV_TARGET_NOT_READY`; nothing of it is left running then
   */
  start(signal: AbortSignal, rows: number): Promise<RunningTarget>;
  /** The same with so many workers that take one connection each; absent where there are no such workers. */
  withSyncWorkers?(workers: number): Target;
}

/** A target that answers. */
export interface RunningTarget extends Omit<ServerProcess, "pid"> {
  /** Its first process, whose descendants belong to it too; null when it wasn't started here. */
  readonly pid: number | null;
  /** The address of one export. */
  exportUrl(exportName: string, request: ExportRequest): URL;
  /** Where it answers short requests; null when it doesn't. */
  readonly pingUrl: URL | null;
  /** Where it tells inside numbers in the shape of our `/stats`; null when it doesn't. */
  readonly statsUrl: URL | null;
}
