import type { Delivery } from "../../export/delivery.ts";
import type { ExportProgress } from "../../body/encode-batches.ts";
import type { ServerStats, WorkerNumbers } from "../metrics/server-stats.ts";
import type { AccessSettings } from "../access/access-control.ts";
import type { TokenLimits } from "../access/caller.ts";
import type { SubmittedJob } from "../../job/job-engine.ts";
import type { JobRecord, JobRequest } from "../../job/job.ts";
import type { Received } from "../../ipc/link.ts";
import type { SentError } from "../../ipc/sent-error.ts";
import type { LeasedFile, RequestedFile, SpoolRequest } from "../../spool/spool-request.ts";
import type { Certificates } from "../shared/certificates.ts";
import type { ServerSettings } from "../shared/settings.ts";

/** The messages between the processes of a server. All of them are plain data. */

/** Calls from a worker to the primary. */
export type PrimaryMethods = {
  readonly stats: (none: null) => Promise<ServerStats>;
  /** The same numbers in Prometheus' text format. */
  readonly metrics: (none: null) => Promise<string>;
  readonly transfers: (viewer: Viewer) => Promise<readonly TransferRecord[]>;
  readonly transfer: (asked: AskedRecord) => Promise<TransferRecord>;
  readonly cancelTransfer: (asked: AskedRecord) => Promise<TransferRecord>;
  /** Resolves when the token has a slot, with the moment of the start that counts, and rejects at once when it has none. */
  readonly takeTokenSlot: (wish: TokenWish) => number | null;
  /** Bytes granted to buffered bodies: from `atLeast` to `wanted`, or 0 if too few are left. */
  readonly reserveBuffer: (request: { readonly atLeast: number; readonly wanted: number }) => number;
  readonly acquireSpoolFile: (request: SpoolRequest) => Promise<RequestedFile>;
  readonly submitJob: (wish: JobWish) => Promise<SubmittedJob>;
  readonly jobs: (viewer: Viewer) => Promise<readonly JobRecord[]>;
  readonly job: (asked: AskedRecord) => Promise<JobRecord>;
  readonly cancelJob: (asked: AskedRecord) => Promise<JobRecord>;
  readonly offerJobResult: (asked: AskedResult) => Promise<OfferedResult>;
};

/** Notes from a worker to the primary. */
export type PrimaryNotes = {
  /** Sent with the first numbers, so that the worker counts from its start. */
  readonly ready: (numbers: WorkerNumbers) => void;
  readonly failed: (error: SentError) => void;
  /** From a sync worker: it has closed its connection and can take another. */
  readonly free: (heldSeconds: number) => void;
  readonly connectionsClosed: (closed: ClosedConnections) => void;
  readonly transferStarted: (transfer: TransferStart) => void;
  readonly transferEnded: (transfer: TransferEnd) => void;
  /** Sent regularly, so that the primary has recent numbers of a worker that can't answer or has died. */
  readonly report: (report: WorkerReport) => void;
  readonly returnTokenSlot: (slot: { readonly token: string; readonly heldSeconds: number }) => void;
  /** The export of the slot didn't start. */
  readonly giveUpTokenSlot: (slot: { readonly token: string; readonly startMs: number | null }) => void;
  readonly releaseBuffer: (bytes: number) => void;
  readonly releaseSpoolFile: (lease: number) => void;
  /** The client has left for which a result was asked for, by the `wait` of the call. */
  readonly leaveJobResult: (wait: string) => void;
  /** A file of this key couldn't be read. */
  readonly doubtSpoolFile: (key: string) => void;
};

/** Calls from the primary to a worker. */
export type WorkerMethods = {
  readonly numbers: (none: null) => WorkerNumbers;
  readonly progress: (none: null) => readonly TransferProgress[];
  /** Resolves when the last request has been answered. */
  readonly drain: (none: null) => Promise<void>;
  /** Cuts all running transfers; resolves when they are cut. */
  readonly cut: (none: null) => Promise<void>;
};

/** Connections that a worker got and that are closed. */
export interface ClosedConnections {
  readonly count: number;
  /** Of those that have one in their {@link Arrival}. */
  readonly addresses: readonly string[];
}

/** The numbers and progress of a worker. */
interface WorkerReport {
  readonly numbers: WorkerNumbers;
  /** Transfers with progress since the last report. */
  readonly progress: readonly TransferProgress[];
}

/** Notes from the primary to a worker. */
export type WorkerNotes = {
  readonly start: (settings: WorkerSettings) => void;
  /** Sent with a client's socket. */
  readonly connection: (arrival: Arrival, received: Received) => void;
  /** Other tokens and links for the requests that follow. */
  readonly access: (settings: AccessSettings) => void;
  /** Other certificates for the connections that follow. */
  readonly certificates: (certificates: Certificates) => void;
  readonly cancel: (id: string) => void;
  readonly unready: (none: null) => void;
};

/** The settings of a server, and what its primary has found out. */
export interface WorkerSettings extends ServerSettings {
  /** Whether the server can be reached from this machine alone. */
  readonly isLocal: boolean;
  /** Null without TLS. */
  readonly certificates: Certificates | null;
}

/** How a connection came to its worker. */
export interface Arrival {
  /** How long the client has waited in the primary. */
  readonly queueWaitSeconds: number;
  /** Whether it came by the port of its own that numbers and transfers have. */
  readonly isAdmin: boolean;
  /** What the worker reports when the connection is closed; null for nothing. */
  readonly address: string | null;
}

/** An export that a token wants to start, and the token's limits. */
export interface TokenWish extends TokenLimits {
  readonly token: string;
}

/** A job that somebody wants, and how many exports its token may start. */
export interface JobWish {
  readonly request: JobRequest;
  /** Null for no limit. */
  readonly rate: TokenLimits["rate"];
}

/** How a worker's client gets the result of a job. */
export type OfferedResult =
  | { readonly kind: "file"; readonly job: JobRecord; readonly file: LeasedFile }
  | { readonly kind: "url"; readonly job: JobRecord; readonly url: string; readonly headUrl: string };

/** Whose transfers or jobs are asked for: those of one token, or all. */
export type Viewer = { readonly token: string } | "all";

/** A transfer or a job by its id. Those of others don't exist, as far as the viewer can see. */
export interface AskedRecord {
  readonly id: string;
  readonly viewer: Viewer;
}

/** A job whose result is asked for. A file may have to be checked before. */
export interface AskedResult extends AskedRecord {
  /** By which the wait can be left. */
  readonly wait: string;
}

/** A transfer as it starts. */
export interface TransferStart {
  readonly id: string;
  readonly export: string;
  /** The name of the token for which it runs; null without one. */
  readonly token: string | null;
  readonly delivery: Delivery;
  /** Rows the export will have, null if unknown. */
  readonly expectedRows: number | null;
  readonly queueWaitSeconds: number;
  /** Time of day, ISO 8601. */
  readonly startedAt: string;
}

/** Progress of a running transfer. */
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

/** The answer of `GET /transfers/{id}`. */
export interface TransferRecord extends TransferStart, ExportProgress {
  readonly worker: number;
  readonly state: "running" | EndState;
  readonly sha256: string | null;
  readonly endedAt: string | null;
  readonly firstByteSeconds: number | null;
  readonly heldSeconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}
