import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Clock, systemClock } from "../clock.ts";
import { StreamCsvError, toError, wrongType } from "../errors.ts";
import { Body } from "../stream/body.ts";
import { describeValue } from "../stream/chunk.ts";
import { Interruption } from "../stream/interruption.ts";
import { Pacer } from "../stream/pacer.ts";
import { type ProgressLimits, ProgressWatch } from "../stream/progress-watch.ts";
import { onSocketClose } from "../stream/socket-close.ts";
import type { AnyResponse } from "./any-response.ts";
import { BodyView } from "./body-view.ts";
import { ResponseHeaders } from "./head/response-headers.ts";
import { HttpResponse } from "./http-response.ts";
import { HttpResponseBase } from "./http-response-base.ts";
import { planHead, type SendHead } from "./send-head.ts";
import type { ResponseTrailers } from "./streaming-http-response.ts";

/** How an answer is sent. */
export interface SendOptions extends ProgressLimits {
  /** Aborting it ends the sending as `cancelled`. */
  readonly signal?: AbortSignal;
  /**
   * Pulls the first chunk before the head is written, so that an error until then is still a status. Without it the head
   * leaves at once, and the client sees it while the first chunk is being made. @default false
   */
  readonly primeFirstChunk?: boolean;
  /** Makes the answer to an error met before the head was written. @default a plain 500 */
  readonly onErrorBeforeHead?: (error: Error) => HttpResponse;
  /** Gets the error of a sending that ends as `failed` or `timed-out`, once; a client that leaves is none. */
  readonly onError?: (error: Error) => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** What became of an answer. */
export interface SendOutcome {
  /**
   * `completed`: the kernel has the last byte. `client-gone`: the client left before. `timed-out`: it was too slow.
   * `cancelled`: by the signal. `failed`: the body, or what was to be sent, was at fault.
   */
  readonly state: "completed" | "client-gone" | "timed-out" | "cancelled" | "failed";
  /** The status that was written, null when none was; that of the error's answer where `onErrorBeforeHead` gave one. */
  readonly statusCode: number | null;
  /** Bytes of the body given to the connection, without framing; an error's answer doesn't count. */
  readonly bytes: number;
  /** Chunks of the body that were given to the connection whole; empty ones don't count. */
  readonly chunks: number;
  /** From the call until the first byte of the body was written; null when there was none. */
  readonly firstByteMs: number | null;
  /** From the call until everything was written or cut; the closers' time is not in it. */
  readonly sendMs: number;
  /** Why it wasn't completed; absent when it was, or the client left. */
  readonly error?: Error;
}

/** Why a sending stopped before its end. */
class Stopped extends Error {
  override readonly name = "Stopped";
  readonly state: "client-gone" | "timed-out" | "cancelled";
  readonly reason: Error | undefined;

  constructor(state: Stopped["state"], reason?: Error) {
    super(`stopped: ${state}`);
    this.state = state;
    this.reason = reason;
  }
}

/** Bigger chunks are written in pieces, so that back-pressure and a client's leaving are noticed in between. */
const pieceBytes = 128 * 1024;

/**
 * Writes any response to a `node:http` pair, and resolves after its closers ran.
 *
 * One chunk is asked for when the last one was taken, so memory is bounded by a chunk and the socket's buffer. The event
 * loop has its turn at least every 5 ms. Nothing is pulled for HEAD, 204 and 304. A `FileResponse` is answered by Range.
 * Trailers go to clients that sent `TE: trailers`, in a chunked body. It never hangs on a producer or client that is
 * gone, and never rejects once writing began. When it stops early, the producer's signal fires first, then the body's
 * `return()` is called once, then the closers run.
 *
 * A body is never ended cleanly after a failure: a chunked body is cut without its last chunk, one with a Content-Length
 * before its last byte, one delimited by the connection's end (HTTP/1.0) is reset. A body that gives more or fewer bytes
 * than its Content-Length is such a failure; so the last promised bytes are held back until the body has ended.
 *
 * @throws TypeError `SCSV_ARG_TYPE` for what is no response; RangeError `SCSV_ARG_RANGE` for a negative limit
 * @example
 * createServer(async (req, res) => {
 *   const outcome = await send(new HttpResponse("pong", { contentType: "text/plain" }), req, res);
 *   console.log(outcome.state, outcome.bytes); // completed 4
 * });
 */
export async function send(
  response: AnyResponse,
  req: IncomingMessage,
  res: ServerResponse,
  options: SendOptions = {},
): Promise<SendOutcome> {
  if (!(response instanceof HttpResponseBase)) {
    throw wrongType(`send() takes a response, not ${describeValue(response)}.`);
  }
  return new Sending(response, req, res, options).run();
}

class Sending {
  readonly #response: AnyResponse;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #options: SendOptions;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #pacer: Pacer;
  readonly #interruption = new Interruption<Stopped>();
  readonly #watch: ProgressWatch;
  readonly #undo: (() => void)[] = [];
  #resume: (() => void) | undefined;
  #isWaitingForClient = false;
  #statusCode: number | null = null;
  #bytes = 0;
  #chunks = 0;
  #isHeadFlushed = false;
  #firstByteMs: number | null = null;

  constructor(response: AnyResponse, req: IncomingMessage, res: ServerResponse, options: SendOptions) {
    this.#response = response;
    this.#req = req;
    this.#res = res;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startMs = this.#clock.nowMs();
    this.#pacer = new Pacer(this.#clock);
    this.#watch = new ProgressWatch(
      options,
      this.#clock,
      () => ({
        // A pipelined answer whose turn hasn't come has no socket; its client is busy with the one before.
        isWaiting: this.#isWaitingForClient && res.socket !== null,
        takenBytes: this.#bytes - res.writableLength,
      }),
      (message) => this.#stop("timed-out", new StreamCsvError("SCSV_CLIENT_TOO_SLOW", message)),
    );
  }

  async run(): Promise<SendOutcome> {
    let ending: Pick<SendOutcome, "state" | "error"> = { state: "completed" };
    try {
      this.#listen();
      await this.#write();
    } catch (thrown) {
      ending = this.#describe(thrown);
      await this.#breakOff(ending);
    } finally {
      this.#unlisten();
    }
    const sendMs = this.#elapsedMs();
    if (ending.error !== undefined && ending.state !== "cancelled") this.#report(ending.error);
    await this.#response.close(ending.error ?? (ending.state === "client-gone" ? clientGone() : undefined));
    return {
      ...ending,
      statusCode: this.#statusCode,
      bytes: this.#bytes,
      chunks: this.#chunks,
      firstByteMs: this.#firstByteMs,
      sendMs,
    };
  }

  async #write(): Promise<void> {
    const isChunkable = this.#req.httpVersionMajor > 1 || this.#req.httpVersionMinor > 0;
    if (this.#interruption.cause !== undefined) throw this.#interruption.cause;
    if (this.#res.headersSent) throw wrongType("send() needs an answer whose head hasn't been sent yet.");
    const head = planHead(this.#response, this.#req, isChunkable);
    if (head.hasBody) {
      const view = this.#openView();
      await this.#writeBody(view, head);
    } else {
      this.#writeHead(head);
    }
    await this.#end();
  }

  #openView(): BodyView {
    if (!this.#response.streaming) return new BodyView(new Body(this.#response.parts), passBytes);
    const view = this.#response.streamingContent;
    return view instanceof BodyView ? view : new BodyView(new Body(view), passBytes);
  }

  async #writeBody(view: BodyView, head: SendHead): Promise<void> {
    let chunk: Uint8Array | undefined;
    if (this.#options.primeFirstChunk === true) {
      chunk = await this.#nextChunk(view);
      this.#writeHead(head);
    } else {
      this.#writeHead(head);
      chunk = await this.#nextChunk(view);
    }
    while (chunk !== undefined) {
      if (head.promisedBytes !== undefined && this.#bytes + chunk.byteLength >= head.promisedBytes) {
        await this.#requireEnd(view, head.promisedBytes, chunk.byteLength);
        await this.#writeChunk(chunk);
        break;
      }
      const isTaken = this.#writeChunk(chunk);
      if (isTaken !== undefined) await isTaken;
      chunk = await this.#nextChunk(view);
    }
    if (head.promisedBytes !== undefined && this.#bytes < head.promisedBytes) {
      throw bodyLength(head.promisedBytes, `ended after ${this.#bytes}`);
    }
    if (head.trailers !== undefined) this.#res.addTrailers(trailerPairs(head.trailers));
  }

  /** The next chunk that isn't empty; undefined at the end. */
  async #nextChunk(view: BodyView): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#pacer.isDue) await this.#yield();
      const pulled = view.pull();
      if (pulled instanceof Promise) this.#flushHead();
      const chunk = view.take(pulled instanceof Promise ? await this.#interruption.race(pulled) : pulled);
      if (chunk === undefined || chunk.byteLength > 0) return chunk;
    }
  }

  /** Once the last promised byte is out the client takes the body for whole, so whatever is wrong must show before. */
  async #requireEnd(view: BodyView, promisedBytes: number, lastBytes: number): Promise<void> {
    const excess = this.#bytes + lastBytes - promisedBytes;
    if (excess > 0 || (await this.#nextChunk(view)) !== undefined)
      throw bodyLength(promisedBytes, "gave more");
  }

  /** Writes one chunk; a promise only where the client must be waited for. */
  #writeChunk(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.byteLength > pieceBytes) return this.#writePieces(chunk);
    this.#firstByteMs ??= this.#elapsedMs();
    const isRoom = this.#res.write(chunk);
    this.#bytes += chunk.byteLength;
    this.#chunks += 1;
    return isRoom ? undefined : this.#waitForClient();
  }

  async #writePieces(chunk: Uint8Array): Promise<void> {
    this.#firstByteMs ??= this.#elapsedMs();
    for (let offset = 0; offset < chunk.byteLength; offset += pieceBytes) {
      const piece = chunk.subarray(offset, offset + pieceBytes);
      const isRoom = this.#res.write(piece);
      this.#bytes += piece.byteLength;
      if (!isRoom) await this.#waitForClient();
      else if (this.#pacer.isDue) await this.#yield();
    }
    this.#chunks += 1;
  }

  #writeHead(head: SendHead): void {
    const res = this.#res;
    for (const [name, value] of head.headers) res.setHeader(name, value);
    // Appended, since a framework's session may have set one already.
    if (head.cookies.length > 0) res.appendHeader("Set-Cookie", head.cookies);
    res.writeHead(head.statusCode, head.reasonPhrase);
    this.#statusCode = head.statusCode;
  }

  /** Lets the client see the head while the first chunk is being made. */
  #flushHead(): void {
    if (this.#statusCode !== null && !this.#isHeadFlushed) this.#res.flushHeaders();
    this.#isHeadFlushed = this.#statusCode !== null;
  }

  async #end(): Promise<void> {
    this.#isWaitingForClient = true;
    await this.#interruption.wait<void>((resolve) => void this.#res.end(resolve));
    this.#isWaitingForClient = false;
  }

  async #waitForClient(): Promise<void> {
    this.#isWaitingForClient = true;
    await this.#interruption.wait<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#isWaitingForClient = false;
    this.#pacer.restart();
  }

  async #yield(): Promise<void> {
    await this.#pacer.yield();
    if (this.#interruption.cause !== undefined) throw this.#interruption.cause;
  }

  #listen(): void {
    const { signal } = this.#options;
    const socket = this.#req.socket;
    const onGone = (): void => this.#stop("client-gone");
    const onDrain = (): void => this.#resume?.();
    const onAbort = (): void => this.#stop("cancelled", cancelled(signal?.reason));
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

  #unlisten(): void {
    this.#watch.stop();
    for (const undo of this.#undo) undo();
  }

  #stop(state: Stopped["state"], reason?: Error): void {
    this.#interruption.raise(new Stopped(state, reason));
  }

  #describe(thrown: unknown): Pick<SendOutcome, "state" | "error"> {
    if (!(thrown instanceof Stopped)) return { state: "failed", error: toError(thrown) };
    return { state: thrown.state, ...(thrown.reason && { error: thrown.reason }) };
  }

  /** Answers an error while there is still a status to give, and cuts the connection otherwise. */
  async #breakOff({ state, error }: Pick<SendOutcome, "state" | "error">): Promise<void> {
    const isOurs = this.#statusCode !== null || !this.#res.headersSent;
    if (state === "failed" && error !== undefined && !this.#res.headersSent) await this.#answerError(error);
    else if (isOurs) this.#cut();
  }

  /** Never with an error: Node would answer that with a 400 of its own where no head was sent yet. */
  #cut(): void {
    const res = this.#res;
    const isDelimitedByEnd = res.headersSent && !res.chunkedEncoding && !res.hasHeader("Content-Length");
    // A clean end would pass for the end of the body, a reset can't.
    if (isDelimitedByEnd && res.socket !== null && !res.socket.destroyed) reset(res.socket);
    res.destroy();
  }

  async #answerError(error: Error): Promise<void> {
    const answer = this.#makeErrorAnswer(error);
    try {
      const head = planHead(answer, this.#req, false);
      this.#writeHead(head);
      if (head.hasBody) for (const part of answer.parts) this.#res.write(part);
      await this.#end();
    } catch {
      // The client left, or the answer itself is at fault; the first error is the one that is told.
      this.#cut();
    }
    await answer.close();
  }

  #makeErrorAnswer(error: Error): HttpResponse {
    try {
      const answer = this.#options.onErrorBeforeHead?.(error);
      if (answer instanceof HttpResponse) return answer;
    } catch (hookError) {
      this.#report(toError(hookError));
    }
    return new HttpResponse("Internal Server Error\n", {
      statusCode: 500,
      contentType: "text/plain; charset=utf-8",
    });
  }

  /** A hook that throws mustn't undo the promise never to reject, so its error goes where a closer's goes. */
  #report(error: Error): void {
    const { onError } = this.#options;
    if (onError === undefined) return;
    try {
      onError(error);
    } catch (hookError) {
      this.#response.onClose(() => {
        throw hookError;
      });
    }
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }
}

/** Only a plain TCP socket can be reset; for TLS the missing close_notify tells, for a pipe nothing can. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

function passBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw wrongType(`streamingContent gives byte arrays, not ${describeValue(chunk)}.`);
}

function trailerPairs(trailers: ResponseTrailers): [name: string, value: string][] {
  const given = new ResponseHeaders(trailers.values());
  return trailers.names.flatMap((name) => {
    const value = given.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}

function bodyLength(promisedBytes: number, what: string): StreamCsvError {
  return new StreamCsvError("SCSV_BODY_LENGTH", `The body promised ${promisedBytes} bytes and ${what}.`);
}

function cancelled(reason: unknown): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The sending was cancelled by its signal.", { cause: reason });
}

function clientGone(): Error {
  return new DOMException("The client left before the body was sent.", "AbortError");
}
