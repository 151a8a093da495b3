import type { Delivery } from "../../export/delivery.ts";
import type { ExportProgress } from "../../body/encode-batches.ts";
import type { ServerStats, WorkerNumbers } from "../metrics/server-stats.ts";
import type { Received, SentError } from "../../ipc/link.ts";
import type { LeasedFile, SpoolRequest } from "../../spool/spool-request.ts";
import type { ServerSettings } from "../shared/settings.ts";

/** What the processes of a server say to each other. All of it is plain data. */

/** What a worker may ask of the primary. */
export type PrimaryMethods = {
  readonly stats: (none: null) => Promise<ServerStats>;
  /** The same numbers in Prometheus' text format. */
  readonly metrics: (none: null) => Promise<string>;
  readonly transfers: (none: null) => Promise<readonly TransferRecord[]>;
  readonly transfer: (id: string) => Promise<TransferRecord>;
  readonly cancelTransfer: (id: string) => TransferRecord;
  /** Bytes granted to buffered bodies: from `atLeast` to `wanted`, or 0 when there are too few left. */
  readonly reserveBuffer: (request: { readonly atLeast: number; readonly wanted: number }) => number;
  readonly acquireSpoolFile: (request: SpoolRequest) => Promise<LeasedFile>;
};

/** What a worker tells the primary. */
export type PrimaryNotes = {
  /** With its first numbers, so that it counts before anybody asks. */
  readonly ready: (numbers: WorkerNumbers) => void;
  readonly failed: (error: SentError) => void;
  /** From a sync worker: it has given up its connection, after so many seconds, and can take another. */
  readonly free: (heldSeconds: number) => void;
  /** So many of the connections it was handed are closed. */
  readonly connectionsClosed: (count: number) => void;
  readonly transferStarted: (transfer: TransferStart) => void;
  readonly transferEnded: (transfer: TransferEnd) => void;
  /** Now and then, without being asked: what is known of a worker when it can't answer, or has died. */
  readonly report: (report: WorkerReport) => void;
  readonly releaseBuffer: (bytes: number) => void;
  readonly releaseSpoolFile: (lease: number) => void;
};

/** What the primary may ask of a worker. */
export type WorkerMethods = {
  readonly numbers: (none: null) => WorkerNumbers;
  readonly progress: (none: null) => readonly TransferProgress[];
  /** Answers when the last request has been answered. */
  readonly drain: (none: null) => Promise<void>;
  /** Cuts what still runs, and answers when it is cut. */
  readonly cut: (none: null) => Promise<void>;
};

/** What a worker did so far. */
interface WorkerReport {
  readonly numbers: WorkerNumbers;
  /** Transfers that have come further since the last report. */
  readonly progress: readonly TransferProgress[];
}

/** What the primary tells a worker. */
export type WorkerNotes = {
  readonly start: (settings: ServerSettings) => void;
  /** Comes with the socket of a client, and how long that has waited in the primary. */
  readonly connection: (queueWaitSeconds: number, received: Received) => void;
  readonly cancel: (id: string) => void;
  readonly unready: (none: null) => void;
};

/** A transfer as it starts. */
export interface TransferStart {
  readonly id: string;
  readonly export: string;
  readonly delivery: Delivery;
  /** Rows the export will have, null when unknown. */
  readonly expectedRows: number | null;
  readonly queueWaitSeconds: number;
  /** Time of day, ISO 8601. */
  readonly startedAt: string;
}

/** How far a running transfer has come. */
export interface TransferProgress extends ExportProgress {
  readonly id: string;
}

/** How a transfer ended. */
export type EndState = "completed" | "client-gone" | "timed-out" | "cancelled" | "failed";

/** A transfer as it ends. */
export interface TransferEnd extends TransferProgress {
  readonly state: EndState;
  /** SHA-256 of the uncompressed text, hexadecimal; null unless the transfer is complete. */
  readonly sha256: string | null;
  readonly firstByteSeconds: number | null;
  readonly heldSeconds: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What `GET /transfers/{id}` answers. */
export interface TransferRecord extends TransferStart, ExportProgress {
  readonly worker: number;
  readonly state: "running" | EndState;
  readonly sha256: string | null;
  readonly endedAt: string | null;
  readonly firstByteSeconds: number | null;
  readonly heldSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}
