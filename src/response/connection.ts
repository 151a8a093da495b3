import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import { StreamCsvError, wrongType } from "../errors.ts";
import { isKeptHalfOpen } from "../socket/keep-half-open.ts";
import { Interruption } from "../async/interruption.ts";
import { letManyListen } from "../async/let-many-listen.ts";
import { Pacer } from "../async/pacer.ts";
import { ProgressWatch } from "../async/progress-watch.ts";
import { onSocketClose } from "../socket/on-socket-close.ts";
import { resetSocket } from "../socket/reset-socket.ts";
import type { SendOptions, SendOutcome } from "./send-options.ts";

/** Why a transfer stopped before its end, for a reason outside the body. */
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

/** The error for an answer that another handler ends. */
export function endedElsewhere(): TypeError {
  return wrongType(
    "send() needs an answer that nobody else ends. Wait for send(), and let no other handler answer the request.",
  );
}

/**
 * The waits of one transfer: for the client, for the body, for the event loop. Every wait rejects with {@link
 * Stopped} when the client disconnects, is too slow, or the transfer is cancelled, and with another error when another
 * handler ends the answer.
 *
 * It has one listener for each event during the whole transfer. `release()` removes all listeners and timers.
 */
export class Connection {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #signal: AbortSignal | undefined;
  readonly #pacer: Pacer;
  readonly #watch: ProgressWatch;
  readonly #interruption = new Interruption<Error>();
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
        // A pipelined answer has no socket before its turn; its client is still reading the answer before it.
        isWaiting: this.#isWaitingForClient && res.socket !== null,
        takenBytes: sentBytes() - res.writableLength,
      }),
      (message) => this.#stop("timed-out", new StreamCsvError("SCSV_CLIENT_TOO_SLOW", message)),
    );
    this.#listen();
  }

  /** @throws Stopped when the transfer can't go on; TypeError when another handler has ended the answer */
  check(): void {
    if (this.#interruption.cause !== undefined) throw this.#interruption.cause;
  }

  /** Waits for a promise of the body. */
  wait<T>(promise: PromiseLike<T>): Promise<T> {
    return this.#interruption.race(promise);
  }

  /** Waits until more can be written; call it after `write()` returned false. */
  drained(): Promise<void> {
    return this.#waitForClient((resolve) => {
      this.#onDrain = resolve;
    });
  }

  /** Writes, and waits until the kernel has all of it. */
  taken(write: (onTaken: (error?: Error | null) => void) => void): Promise<void> {
    return this.#waitForClient((resolve) => {
      // The error event of the response reports an error.
      write((error) => {
        if (!error) resolve();
      });
    });
  }

  /** Ends the answer, if it hasn't ended yet, and waits until the kernel has all of it. */
  finish(end?: () => void): Promise<void> {
    this.#isFinishing = true;
    return this.#waitForClient((resolve) => {
      const onFinish = (): void => {
        this.#isFinished = true;
        resolve();
      };
      this.#res.once("finish", onFinish);
      this.#undo.push(() => this.#res.off("finish", onFinish));
      end?.();
    });
  }

  /** Whether other work should get a turn of the event loop. */
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

  /** Cuts the connection so that no client can take a part of the body for the whole. */
  cut(): void {
    const { socket } = this.#res;
    // A clean end would look like the end of the body; a reset can't.
    if (socket !== null && !socket.destroyed && (this.#isDelimitedByEnd || isPartlyTaken(socket)))
      resetSocket(socket);
    // A pipelined answer is cut when its turn comes. Node 24 would send the part it has, and then wait for ever.
    if (socket === null) this.#res.once("socket", (assigned) => assigned.destroy());
    // Without an error, because Node would answer an error with its own 400 if no head was sent yet.
    this.#res.destroy();
  }

  /** Whether the end of the connection marks the end of the body, as in HTTP/1.0. */
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
    // The pacer gets no new slice: `drain` may come in the same turn of the loop, if the kernel took everything at
    // once.
  }

  #listen(): void {
    const signal = this.#signal;
    const socket = this.#req.socket;
    // A close after the last byte doesn't interrupt the answer. Node's `writableFinished` can't tell the two apart:
    // it also turns true when a socket with unwritten bytes is reset, and then `finish` never comes.
    const onGone = (): void => {
      if (this.#isFinished) return;
      // A handler that doesn't wait for send() may end the answer, which looks whole then. Its client is still there.
      if (this.#res.writableEnded && !this.#isFinishing) this.#interruption.raise(endedElsewhere());
      else this.#stop("client-gone");
    };
    const onDrain = (): void => this.#onDrain?.();
    const onAbort = (): void => this.#stop("cancelled", cancelled(signal?.reason));
    // Node answers a client's half-close by ending its own side, even in the middle of a body. Therefore this
    // listener must run first.
    const onHalfClose = (): void => {
      if (!this.#isFinishing && this.#isDelimitedByEnd && !isKeptHalfOpen(socket)) this.cut();
    };
    if (this.#req.httpVersionMinor === 0) {
      socket.prependListener("end", onHalfClose);
      this.#undo.push(() => socket.off("end", onHalfClose));
    }
    // Not chained: compression middleware returns its own stream from `on("drain")`, and that one closes before the answer ends.
    for (const [event, listener] of [
      ["drain", onDrain],
      ["close", onGone],
      ["error", onGone],
    ] as const) {
      this.#res.on(event, listener);
      this.#undo.push(() => this.#res.off(event, listener));
    }
    this.#undo.push(onSocketClose(socket, onGone));
    if (signal !== undefined) {
      letManyListen(signal);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#undo.push(() => signal.removeEventListener("abort", onAbort));
      if (signal.aborted) onAbort();
    }
    // If the connection is closed already, no event will come.
    if (this.#res.destroyed || this.#res.closed || socket.destroyed) onGone();
  }

  #stop(state: Stopped["state"], reason?: Error): void {
    this.#interruption.raise(new Stopped(state, reason));
  }
}

/** Whether the kernel may have a part of a chunk. wget takes an end within a chunk for that of the body. */
function isPartlyTaken({ writableLength, writableCorked }: Socket): boolean {
  return writableLength > 0 && writableCorked === 0;
}

function cancelled(reason: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The signal cancelled the transfer.", { cause: reason });
}
