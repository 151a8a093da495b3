import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { StreamCsvError } from "../errors.ts";
import { isKeptHalfOpen } from "../socket/half-open.ts";
import { Interruption } from "../async/interruption.ts";
import { Pacer } from "../async/pacer.ts";
import { ProgressWatch } from "../async/progress-watch.ts";
import { onSocketClose } from "../socket/socket-close.ts";
import { resetSocket } from "../socket/socket-reset.ts";
import type { SendOptions, SendOutcome } from "./send-options.ts";

/** Why a sending stopped before its end, for a reason that lies outside the body. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly state: Exclude<SendOutcome["state"], "completed" | "failed">;
  readonly reason: Error | undefined;

  constructor(state: Stopped["state"], reason?: Error) {
    super(`stopped: ${state}`);
    this.state = state;
    this.reason = reason;
  }
}

/**
 * The waiting side of a sending: for the client, for the body, for the event loop; every wait ends with {@link Stopped}
 * when the client leaves or is too slow, or the sending is cancelled.
 *
 * It has one listener for each event for the whole sending, and none of them, nor a timer, is left after `release()`.
 */
export class Connection {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #signal: AbortSignal | undefined;
  readonly #pacer: Pacer;
  readonly #watch: ProgressWatch;
  readonly #interruption = new Interruption<Stopped>();
  readonly #undo: (() => void)[] = [];
  #onDrain: (() => void) | undefined;
  #isWaitingForClient = false;
  #isFinishing = false;
  #isFinished = false;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    options: SendOptions,
    clock: Clock,
    sentBytes: () => number,
  ) {
    this.#req = req;
    this.#res = res;
    this.#signal = options.signal;
    this.#pacer = new Pacer(clock);
    this.#watch = new ProgressWatch(
      options,
      clock,
      () => ({
        // A pipelined answer whose turn hasn't come has no socket; its client is busy with the one before.
        isWaiting: this.#isWaitingForClient && res.socket !== null,
        takenBytes: sentBytes() - res.writableLength,
      }),
      (message) => this.#stop("timed-out", new StreamCsvError("SCSV_CLIENT_TOO_SLOW", message)),
    );
    this.#listen();
  }

  /** @throws Stopped when there is nothing to go on for */
  check(): void {
    if (this.#interruption.cause !== undefined) throw this.#interruption.cause;
  }

  /** What a promise gives. */
  wait<T>(promise: PromiseLike<T>): Promise<T> {
    return this.#interruption.race(promise);
  }

  /** Waits until the client has taken enough that more can be written; call it when `write()` said so. */
  drained(): Promise<void> {
    return this.#waitForClient((resolve) => {
      this.#onDrain = resolve;
    });
  }

  /** Writes, and waits until the kernel has all of it. */
  taken(write: (onTaken: (error?: Error | null) => void) => void): Promise<void> {
    return this.#waitForClient((resolve) => {
      // Of an error its own event tells.
      write((error) => {
        if (!error) resolve();
      });
    });
  }

  /** Ends the answer and waits until the kernel has all of it. */
  finish(end: (onFinished: () => void) => void): Promise<void> {
    this.#isFinishing = true;
    return this.#waitForClient((resolve) => {
      end(() => {
        this.#isFinished = true;
        resolve();
      });
    });
  }

  /** Whether others should have a turn of the event loop. */
  get isTurnOver(): boolean {
    return this.#pacer.isDue;
  }

  async yield(): Promise<void> {
    this.check();
    let leave: (() => void) | undefined;
    try {
      await this.#interruption.race(this.#pacer.yield((leaveLine) => (leave = leaveLine)));
    } catch (stopped) {
      leave?.();
      throw stopped;
    }
  }

  /** Breaks the connection off so that no client can take what it has for the whole. */
  cut(): void {
    const { socket } = this.#res;
    // A clean end would pass for the end of the body, a reset can't.
    if (this.#isDelimitedByEnd && socket !== null && !socket.destroyed) resetSocket(socket);
    // A pipelined answer is cut when its turn comes; Node 24 would send what it has of it, and then wait for ever.
    if (socket === null) this.#res.once("socket", (assigned) => assigned.destroy());
    // Never with an error: Node would answer that with a 400 of its own where no head was sent yet.
    this.#res.destroy();
  }

  /** Whether the client takes the connection's end for the body's, as in HTTP/1.0. */
  get #isDelimitedByEnd(): boolean {
    const res = this.#res;
    return res.headersSent && !res.chunkedEncoding && !res.hasHeader("Content-Length");
  }

  release(): void {
    this.#watch.stop();
    for (const undo of this.#undo) undo();
  }

  async #waitForClient(start: (resolve: () => void) => void): Promise<void> {
    this.#isWaitingForClient = true;
    await this.#interruption.wait<void>(start);
    this.#isWaitingForClient = false;
    // No new slice for the pacer: `drain` may come in the same turn of the loop, when the kernel took all at once.
  }

  #listen(): void {
    const signal = this.#signal;
    const socket = this.#req.socket;
    // After the last byte a close is the end of a connection, not of an answer. Node's `writableFinished` can't tell: it
    // turns true as well when a socket is reset that still had bytes to write, and then `finish` never comes.
    const onGone = (): void => {
      if (!this.#isFinished) this.#stop("client-gone");
    };
    const onDrain = (): void => this.#onDrain?.();
    const onAbort = (): void => this.#stop("cancelled", cancelled(signal?.reason));
    // Node answers a client's half-close by ending its own side, in the midst of a body; so this must come before it does.
    const onHalfClose = (): void => {
      if (!this.#isFinishing && this.#isDelimitedByEnd && !isKeptHalfOpen(socket)) this.cut();
    };
    if (this.#req.httpVersionMinor === 0) {
      socket.prependListener("end", onHalfClose);
      this.#undo.push(() => socket.off("end", onHalfClose));
    }
    this.#res.on("drain", onDrain).on("close", onGone).on("error", onGone);
    this.#undo.push(
      () => this.#res.off("drain", onDrain).off("close", onGone).off("error", onGone),
      onSocketClose(socket, onGone),
    );
    if (signal !== undefined) {
      signal.addEventListener("abort", onAbort, { once: true });
      this.#undo.push(() => signal.removeEventListener("abort", onAbort));
      if (signal.aborted) onAbort();
    }
    // The close may be past already, and then no event tells of it.
    if (this.#res.destroyed || this.#res.closed || socket.destroyed) onGone();
  }

  #stop(state: Stopped["state"], reason?: Error): void {
    this.#interruption.raise(new Stopped(state, reason));
  }
}

function cancelled(reason: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The sending was cancelled by its signal.", { cause: reason });
}
