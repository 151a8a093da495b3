import type { MeasuredDelivery } from "../result/measured-delivery.ts";
import type { Clock } from "../../src/ground.ts";
import type { RequestForm } from "../http/start-request.ts";
import type { ServerProcess } from "./process/server-process.ts";

/** The name and the text of a parameter of an export. */
export type ParameterPair = readonly [name: string, text: string];

/** A request for one export. */
export interface ExportRequest {
  /** null for a target that has only one way. */
  readonly delivery: MeasuredDelivery | null;
  readonly rows: number;
}

/** What has to be the same in every body of a target: its bytes, or only its rows and columns. */
export type BodyEquality = "bytes" | "rows";

/** A server that can be measured. Each call of `start` starts a fresh one, unless it runs already. */
export interface Target {
  /** Its name in reports; no two targets of a run have the same. */
  readonly name: string;
  /** The command line that starts it; null when it runs already. */
  readonly command: string | null;
  /** The address of its export, with its placeholders; null when it follows from the export's name. */
  readonly url: string | null;
  /** Whether it is `stream-csv serve`, this version or another: it has deliveries and reports inside numbers. */
  readonly isStreamCsv: boolean;
  /** Whether it gives as many rows as it is asked for. */
  readonly takesRows: boolean;
  /** Whether it has to know the rows when it starts, so that a request for other rows needs another start. */
  readonly needsRowsAtStart?: boolean;
  /** The most rows it has, where that is known beforehand. */
  readonly mostRows?: number | null;
  /** Whether two of it can run at once; a server with a fixed port can't. */
  readonly canRunTwice: boolean;
  /** @default "bytes" */
  readonly equality?: BodyEquality;
  /**
   * @param rows the rows it will be asked for; some servers must know them when they start
   * @throws StreamCsvError `SCSV_TARGET_NOT_READY`; nothing of it is left running then
   */
  start(signal: AbortSignal, rows: number): Promise<RunningTarget>;
  /** The same with so many workers that take one connection each; absent when it has no such workers. */
  withSyncWorkers?(workers: number): Target;
}

/** What making a job needs. */
export interface MakeJobContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A job that has ended well. */
export interface MadeJob {
  /** Where its result is got: at the server, or where the server sends its clients. */
  readonly url: URL;
  /** From the request until the job was accepted. */
  readonly submitMs: number;
  /** From then until its end was seen. */
  readonly waitMs: number;
}

/** A target that answers. */
export interface RunningTarget extends Omit<ServerProcess, "pid" | "members"> {
  /** Its first process, whose descendants belong to it too; null when its processes aren't known. */
  readonly pid: number | null;
  /** Further processes of it that count with all they start, whatever becomes of their parents. @default none */
  readonly members?: readonly number[];
  /** Why they aren't known, as a sentence; absent when they are, or when it wasn't started here. */
  readonly hiddenBecause?: string;
  /** Something that should be known about it beside its numbers; absent when there is nothing. */
  readonly notes?: readonly string[];
  /** The address of one export. */
  exportUrl(exportName: string, request: ExportRequest): URL;
  /** How all its addresses are asked; absent for a GET without fields of its own. */
  readonly form?: Pick<RequestForm, "headers">;
  /**
   * Has an export made outside the request, and resolves when it is ready; absent where the target can't.
   * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the job is refused or fails
   */
  readonly makeJob?: (exportName: string, rows: number, context: MakeJobContext) => Promise<MadeJob>;
  /** How an export is asked for, beside the fields of every request. */
  readonly exportForm?: (request: ExportRequest) => Pick<RequestForm, "method" | "body">;
  /** @default "bytes" */
  readonly equality?: BodyEquality;
  /** The address that was asked until it was ready; absent where it said so itself. */
  readonly readyUrl?: URL;
  /** Where it answers short requests; null when it does not. */
  readonly pingUrl: URL | null;
  /** What came of asking its ping path, as a sentence, where that was no short answer; absent otherwise. */
  readonly pingProblem?: string;
  /** Where it reports inside numbers in the format of our `/stats`; null when it does not. */
  readonly statsUrl: URL | null;
}
