import type { Logger } from "pino";
import { eitherSignal } from "../../../async/either-signal.ts";
import type { Clock } from "../../../clock.ts";
import { faultLevel } from "../../http/answered-fault.ts";
import { StreamCsvError, isCodedError, toError } from "../../../errors.ts";
import { faultForClients } from "../../../fault-for-clients.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import { connectionTimes, roundedMs } from "./times.ts";
import type { ConnectionTime } from "../../../source/source.ts";
import { noProgress, type ExportProgress } from "../../../body/encode-batches.ts";
import type { Link } from "../../../ipc/link.ts";
import type { EndState, PrimaryMethods, PrimaryNotes, TransferProgress } from "../../protocol/messages.ts";
import type { Slot } from "../../../admission/slots.ts";
import { isUnreadable } from "../../../spool/spool-fault.ts";
import { noSpan, type TransferSpan } from "../tracing/transfer-span.ts";
import type { RequestIdentity } from "../../http/request-identity.ts";

/** What transfers need from the worker. */
export interface TransferContext {
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** What a transfer needs to know of its export. */
export type TransferSubject = Pick<ExportPlan, "name" | "delivery" | "expectedRows" | "key">;

/** What a transfer is made of. */
interface TransferParts {
  readonly subject: TransferSubject;
  readonly slot: Slot;
  /** Aborted when the client has disconnected. */
  readonly clientGone: AbortSignal;
  readonly identity: RequestIdentity;
  /** The name of the caller's token. @default null */
  readonly token?: string | null;
  /** @default a span that is not recorded */
  readonly span?: TransferSpan;
}

/** How a transfer ended, as `send` reports it. */
interface Ending {
  readonly state: EndState;
  readonly bytes: number;
  readonly firstByteMs: number | null;
  readonly error?: unknown;
}

/** One response body being sent to one client. It has an id, holds a slot, and is logged and reported when it ends. */
export class Transfer {
  readonly id: string;
  /** Aborted when the transfer is cancelled. */
  readonly cancelSignal: AbortSignal;
  readonly #subject: TransferSubject;
  readonly #slot: Slot;
  readonly #identity: RequestIdentity;
  readonly #token: string | null;
  readonly span: TransferSpan;
  readonly #running: RunningTransfers;
  readonly #grantedAtMs: number;
  readonly #abort: AbortController;
  readonly #clientGone: AbortSignal;
  #signal: AbortSignal | undefined;
  #progress: ExportProgress = noProgress;
  #readyAtMs: number;
  /** SHA-256 of the whole text, null until it is known. */
  sha256: string | null = null;
  /** What the export cost its database; null for an export of no database. */
  connectionTime: ConnectionTime | null = null;
  /** The content coding of the body. */
  coding: string | undefined;
  #reportedBytes = 0;
  #isEnded = false;

  constructor(
    running: RunningTransfers,
    { subject, slot, clientGone, identity, token = null, span = noSpan }: TransferParts,
  ) {
    const { newId, clock, primary } = running.context;
    this.id = newId();
    this.#abort = new AbortController();
    this.cancelSignal = this.#abort.signal;
    this.#clientGone = clientGone;
    this.#subject = subject;
    this.#slot = slot;
    this.#identity = identity;
    this.#token = token;
    this.span = span;
    this.#running = running;
    this.#grantedAtMs = clock.nowMs();
    this.#readyAtMs = this.#grantedAtMs;
    primary.note("transferStarted", {
      id: this.id,
      export: subject.name,
      token,
      delivery: subject.delivery,
      expectedRows: subject.expectedRows,
      queueWaitSeconds: slot.queueWaitSeconds,
      startedAt: new Date(clock.wallMs()).toISOString(),
    });
  }

  /**
   * Aborted when the transfer must stop before its end, for any reason. Made on demand: streams have their own
   * signal, and a thousand of them would need a kilobyte each for this one.
   */
  get signal(): AbortSignal {
    this.#signal ??= eitherSignal(this.#abort.signal, this.#clientGone);
    return this.#signal;
  }

  get progress(): TransferProgress {
    return { id: this.id, ...this.#progress };
  }

  /** The progress, or undefined if it was already reported. */
  newProgress(): TransferProgress | undefined {
    if (this.#progress.bytes === this.#reportedBytes) return undefined;
    this.#reportedBytes = this.#progress.bytes;
    return this.progress;
  }

  /** Sets the object that counts rows and bytes. */
  follow(progress: ExportProgress): void {
    this.#progress = progress;
  }

  /** Cancels the transfer: nothing more is read, and the client's connection is cut. */
  cancel(): void {
    this.#abort.abort(new StreamCsvError("SCSV_CANCELLED", `The transfer ${this.id} was cancelled.`));
  }

  /** Marks that the response is made and the sending begins. */
  ready(): void {
    this.#readyAtMs = this.#running.context.clock.nowMs();
  }

  /** Ends the transfer when no response could be made. */
  fail(error: unknown): void {
    const state = this.#abort.signal.aborted
      ? "cancelled"
      : this.#clientGone.aborted
        ? "client-gone"
        : "failed";
    this.end({ state, bytes: 0, firstByteMs: null, error });
  }

  /** Ends the transfer with the outcome of the response. Only the first call counts. */
  end({ state, bytes: sentBytes, firstByteMs, error }: Ending): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const heldSeconds = this.#slot.release();
    const { rows, guardedCells } = this.#progress;
    // Bytes count the uncompressed text, as the digest does.
    const bytes = this.coding === undefined ? sentBytes : this.#progress.bytes;
    const { primary, log } = this.#running.context;
    // The sender's clock starts when the response is made; this one starts when the slot was granted.
    const firstByte = firstByteMs === null ? null : this.#readyAtMs - this.#grantedAtMs + firstByteMs;
    const isFault = error !== undefined && state !== "client-gone";
    this.#running.remove(this);
    if (state === "failed" && this.#subject.delivery === "file" && isOfFile(error))
      primary.note("doubtSpoolFile", this.#subject.key);
    this.span.end({ state, rows, bytes, firstByteMs: firstByte, ...(isFault ? { error } : {}) });
    primary.note("transferEnded", {
      id: this.id,
      state,
      rows,
      bytes,
      guardedCells,
      sha256: state === "completed" ? this.sha256 : null,
      firstByteSeconds: firstByte === null ? null : firstByte / 1000,
      heldSeconds,
      error: isFault ? faultForClients(error) : null,
    });
    const line = {
      ...this.#identity,
      ...this.span.identity,
      transfer: this.id,
      export: this.#subject.name,
      ...(this.#token === null ? {} : { token: this.#token }),
      delivery: this.#subject.delivery,
      state,
      rows,
      bytes,
      guardedCells,
      ...(this.coding === undefined ? {} : { coding: this.coding, sentBytes }),
      firstByteMs: roundedMs(firstByte),
      heldMs: roundedMs(heldSeconds * 1000),
      queueWaitMs: roundedMs(this.#slot.queueWaitSeconds * 1000),
      ...connectionTimes(this.connectionTime),
    };
    if (state === "failed" && faultLevel(error) === "error")
      log.error({ ...line, err: error }, "transfer failed");
    else if (state === "failed" || state === "timed-out")
      log.warn({ ...line, error: isFault ? describe(error) : null }, `transfer ${state}`);
    else log.info(line, `transfer ${state}`);
  }
}

/** The running transfers of one worker. */
export class RunningTransfers {
  readonly context: TransferContext;
  readonly #transfers = new Map<string, Transfer>();

  constructor(context: TransferContext) {
    this.context = context;
  }

  begin(parts: TransferParts): Transfer {
    const transfer = new Transfer(this, parts);
    this.#transfers.set(transfer.id, transfer);
    return transfer;
  }

  remove(transfer: Transfer): void {
    this.#transfers.delete(transfer.id);
  }

  get(id: string): Transfer | undefined {
    return this.#transfers.get(id);
  }

  get progress(): readonly TransferProgress[] {
    return [...this.#transfers.values()].map((transfer) => transfer.progress);
  }

  /** The progress of transfers that have advanced since the last call. */
  newProgress(): readonly TransferProgress[] {
    return [...this.#transfers.values()].flatMap((transfer) => transfer.newProgress() ?? []);
  }

  cancelAll(): void {
    for (const transfer of this.#transfers.values()) transfer.cancel();
  }
}

/** Whether a prepared file couldn't be opened or read. */
function isOfFile(error: unknown): boolean {
  return isUnreadable(error) || (error instanceof StreamCsvError && isUnreadable(error.cause));
}

/** The code and the whole message, for the log. */
function describe(thrown: unknown): { readonly code: string; readonly message: string } {
  const error = toError(thrown);
  return { code: isCodedError(error) ? error.code : "SCSV_INTERNAL", message: error.message };
}
