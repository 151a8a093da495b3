import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import { StreamCsvError, isCodedError, toError } from "../../../errors.ts";
import type { ExportPlan } from "../../../export/plan.ts";
import { noProgress, type ExportProgress } from "../../../body/encode-batches.ts";
import type { Link } from "../../../ipc/link.ts";
import type { EndState, PrimaryMethods, PrimaryNotes, TransferProgress } from "../../protocol/messages.ts";
import type { Slot } from "../../../admission/slots.ts";
import type { RequestIdentity } from "../../http/request-identity.ts";

const unavailable = 503;

/** What transfers need of their worker. */
export interface TransferContext {
  readonly primary: Link<PrimaryMethods, PrimaryNotes>;
  readonly log: Logger;
  readonly clock: Clock;
  readonly newId: () => string;
}

/** How a transfer ended, as its sender saw it. */
interface Ending {
  readonly state: EndState;
  readonly bytes: number;
  readonly firstByteMs: number | null;
  readonly error?: unknown;
}

/** One response body on its way to one client: it has an id, holds a slot, and is logged and reported when it ends. */
export class Transfer {
  readonly id: string;
  /** Aborted when it has been cancelled. */
  readonly cancelSignal: AbortSignal;
  readonly #plan: ExportPlan;
  readonly #slot: Slot;
  readonly #identity: RequestIdentity;
  readonly #running: RunningTransfers;
  readonly #grantedAtMs: number;
  readonly #abort: AbortController;
  readonly #clientGone: AbortSignal;
  #signal: AbortSignal | undefined;
  #progress: ExportProgress = noProgress;
  #readyAtMs: number;
  /** SHA-256 of the whole text, once it is known. */
  sha256: string | null = null;
  /** The content coding it is sent in. */
  coding: string | undefined;
  #reportedBytes = 0;
  #isEnded = false;

  constructor(
    plan: ExportPlan,
    slot: Slot,
    running: RunningTransfers,
    clientGone: AbortSignal,
    identity: RequestIdentity,
  ) {
    const { newId, clock, primary } = running.context;
    this.id = newId();
    this.#abort = new AbortController();
    this.cancelSignal = this.#abort.signal;
    this.#clientGone = clientGone;
    this.#plan = plan;
    this.#slot = slot;
    this.#identity = identity;
    this.#running = running;
    this.#grantedAtMs = clock.nowMs();
    this.#readyAtMs = this.#grantedAtMs;
    primary.note("transferStarted", {
      id: this.id,
      export: plan.name,
      delivery: plan.delivery,
      expectedRows: plan.expectedRows,
      queueWaitSeconds: slot.queueWaitSeconds,
      startedAt: new Date(clock.wallMs()).toISOString(),
    });
  }

  /**
   * Aborted when the transfer is to stop before its end, for whatever reason. Made when it is first asked for: a stream has
   * a signal of its own, and a thousand of them would hold a kilobyte each for this one.
   */
  get signal(): AbortSignal {
    this.#signal ??= either(this.#abort.signal, this.#clientGone);
    return this.#signal;
  }

  get progress(): TransferProgress {
    return { id: this.id, ...this.#progress };
  }

  /** How far it has come, or undefined when that has been told. */
  newProgress(): TransferProgress | undefined {
    if (this.#progress.bytes === this.#reportedBytes) return undefined;
    this.#reportedBytes = this.#progress.bytes;
    return this.progress;
  }

  /** Says where the rows are counted. */
  follow(progress: ExportProgress): void {
    this.#progress = progress;
  }

  /** Stops it: nothing more is read, and the client sees a cut connection. */
  cancel(): void {
    this.#abort.abort(new StreamCsvError("SCSV_CANCELLED", `The transfer ${this.id} was cancelled.`));
  }

  /** Says that the response is made and sending begins. */
  ready(): void {
    this.#readyAtMs = this.#running.context.clock.nowMs();
  }

  /** Ends it without a response, since none could be made. */
  fail(error: unknown): void {
    const state = this.#abort.signal.aborted
      ? "cancelled"
      : this.#clientGone.aborted
        ? "client-gone"
        : "failed";
    this.end({ state, bytes: 0, firstByteMs: null, error });
  }

  /** Ends it with what became of the response. Only the first call counts. */
  end({ state, bytes: sentBytes, firstByteMs, error }: Ending): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const heldSeconds = this.#slot.release();
    const { rows, guardedCells } = this.#progress;
    // Bytes are those of the text, as its digest is.
    const bytes = this.coding === undefined ? sentBytes : this.#progress.bytes;
    const { primary, log } = this.#running.context;
    // The sender's clock starts when the response is made; this one starts when the slot was granted.
    const firstByte = firstByteMs === null ? null : this.#readyAtMs - this.#grantedAtMs + firstByteMs;
    const told = error === undefined || state === "client-gone" ? null : describe(error);
    this.#running.remove(this);
    primary.note("transferEnded", {
      id: this.id,
      state,
      rows,
      bytes,
      guardedCells,
      sha256: state === "completed" ? this.sha256 : null,
      firstByteSeconds: firstByte === null ? null : firstByte / 1000,
      heldSeconds,
      error: told,
    });
    const line = {
      ...this.#identity,
      transfer: this.id,
      export: this.#plan.name,
      delivery: this.#plan.delivery,
      state,
      rows,
      bytes,
      ...(this.coding === undefined ? {} : { coding: this.coding, sentBytes }),
      firstByteMs: round(firstByte),
      heldMs: round(heldSeconds * 1000),
      queueWaitMs: round(this.#slot.queueWaitSeconds * 1000),
    };
    if (state === "failed" && !isRefusal(error)) log.error({ ...line, err: error }, "transfer failed");
    else if (state === "failed" || state === "timed-out")
      log.warn({ ...line, error: told }, `transfer ${state}`);
    else log.info(line, `transfer ${state}`);
  }
}

/** The transfers of one worker that run now. */
export class RunningTransfers {
  readonly context: TransferContext;
  readonly #transfers = new Map<string, Transfer>();

  constructor(context: TransferContext) {
    this.context = context;
  }

  begin(plan: ExportPlan, slot: Slot, clientGone: AbortSignal, identity: RequestIdentity): Transfer {
    const transfer = new Transfer(plan, slot, this, clientGone, identity);
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

  /** The progress of those that have come further since this was last asked. */
  newProgress(): readonly TransferProgress[] {
    return [...this.#transfers.values()].flatMap((transfer) => transfer.newProgress() ?? []);
  }

  cancelAll(): void {
    for (const transfer of this.#transfers.values()) transfer.cancel();
  }
}

/**
 * A signal that fires with the first of two. Not `AbortSignal.any`, whose signal Node 20 may collect while it is waited
 * for.
 */
function either(first: AbortSignal, second: AbortSignal): AbortSignal {
  const controller = new AbortController();
  for (const signal of [first, second]) {
    if (signal.aborted) controller.abort(signal.reason);
    else
      signal.addEventListener("abort", () => controller.abort(signal.reason), {
        once: true,
        signal: controller.signal,
      });
  }
  return controller.signal;
}

function describe(thrown: unknown): { readonly code: string; readonly message: string } {
  const error = toError(thrown);
  return { code: isCodedError(error) ? error.code : "SCSV_INTERNAL", message: error.message };
}

/** Whether the server only said no, as it should: a fault of the request, or no room at the moment (503). */
function isRefusal(error: unknown): boolean {
  return error instanceof StreamCsvError && (error.status < 500 || error.status === unavailable);
}

function round(milliseconds: number | null): number | null {
  return milliseconds === null ? null : Math.round(milliseconds * 1000) / 1000;
}
