// Long because one transfer is one state: head, body, trailers and end share the outcome, and every way out must run
// the closers.

import { type IncomingMessage, ServerResponse } from "node:http";
import { type Clock, systemClock } from "../clock.ts";
import {
  checkOptionNames,
  requireClock,
  requireFlag,
  requireFunction,
  requireSignal,
} from "../check-arguments.ts";
import { toError, wrongType } from "../errors.ts";
import { copyBytes, describeValue } from "../body/chunk.ts";
import { neverRejects } from "../never-rejects.ts";
import { type AnyResponse, otherCopyRemedy, requireResponse, viewBody } from "./any-response.ts";
import { bodyLength } from "./body-length.ts";
import type { BodyView } from "./body-view.ts";
import { claim, claimedElsewhere } from "./claim.ts";
import { Connection, endedElsewhere, Stopped } from "./connection.ts";
import { HttpResponse } from "./http-response.ts";
import { HttpResponseBase } from "./http-response-base.ts";
import { trailerPairs } from "./head/trailers.ts";
import { type Attempt, sendAtOnce } from "./send-at-once.ts";
import { planHead, type SendHead } from "./send-head.ts";
import { type SendOptions, type SendOutcome, sendOptionNames } from "./send-options.ts";
import { watchHook } from "./watch-hook.ts";
import { writeHead } from "./write-head.ts";

const noOptions: SendOptions = {};

/** Bigger chunks are written in pieces, so that back-pressure and a disconnect are noticed in between. */
const pieceBytes = 256 * 1024;

/**
 * Sends any response over a `node:http` request and response, and resolves after its closers have run.
 *
 * It pulls a chunk when the connection has taken the previous one, so memory is bounded by one chunk and the socket's
 * buffer. The event loop gets a turn every 2 ms, after the chunk in progress. HEAD, 204 and 304 pull nothing. A `FileResponse` answers
 * Range. Trailers go to clients that sent `TE: trailers`, in a chunked body. It never hangs on a producer or client
 * that is gone, and never rejects after writing began. If it stops early, the producer's signal fires first, then the
 * body's `return()` is called once, then the closers run.
 *
 * A failed body never ends cleanly: a chunked body is cut before its last chunk, by a reset if a chunk isn't sent whole, a body
 * with a Content-Length before its last byte, and one that ends with the connection (HTTP/1.0) by a reset. A body with more or fewer
 * bytes than its Content-Length is a failure too; therefore the last promised bytes are held back until the body has ended.
 *
 * A streaming response goes to one client. While it is being sent, sending it to another one fails, with a 500.
 *
 * Middleware may wrap `res.end` and `res.write`: `send` relies neither on their callbacks nor on their return values.
 *
 * @param response - the response to send; it is closed before the promise resolves
 * @param req - the request; its method and headers decide about body, ranges and trailers
 * @param res - the answer of `node:http`; its head must not have been sent
 * @param options - limits, a signal and hooks
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a response, and for a request that isn't from
 *   `node:http`, such as one of HTTP/2, or an option of the wrong type; RangeError `SCSV_ARG_RANGE` for a negative limit
 *   or an unknown option; the response is closed first
 * @example
 * ```js
 * import { createServer } from "node:http";
 * import { send, StreamingHttpResponse } from "stream-csv";
 *
 * const server = createServer(async (req, res) => {
 *   const { state, bytes } = await send(new StreamingHttpResponse(["id,name\n", "1,Ada\n"]), req, res);
 *   console.log(state, bytes);
 *   server.close();
 * });
 * server.listen(0, "127.0.0.1", async () => {
 *   const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
 *   console.log((await answer.text()).length);
 * });
 * ```
 *
 * ```text
 * completed 14
 * 14
 * ```
 */
export async function send(
  response: AnyResponse,
  req: IncomingMessage,
  res: ServerResponse,
  options: SendOptions = noOptions,
): Promise<SendOutcome> {
  requireResponse("send()", response);
  let sending: Sending;
  try {
    requirePair(req, res);
    if (options !== noOptions) checkOptions(options);
    const { clock = systemClock } = options;
    const startMs = clock.nowMs();
    const attempt = response.streaming ? undefined : sendAtOnce(response, req, res, options, clock, startMs);
    if (attempt?.finished !== undefined) {
      await attempt.finished;
      const sendMs = clock.nowMs() - startMs;
      const closing = response.close();
      if (!response.closed) await closing;
      return describeSent(attempt, sendMs);
    }
    sending = new Sending({ response, req, res, options, clock, startMs, attempt });
  } catch (error) {
    await response.close(error);
    throw error;
  }
  return sending.run();
}

function describeSent({ statusCode, bytes, chunks, firstByteMs }: Attempt, sendMs: number): SendOutcome {
  return { state: "completed", statusCode, bytes, chunks, firstByteMs, sendMs };
}

/**
 * HTTP/2's compatibility layer ends a destroyed stream cleanly, so a client would take half a body for the whole
 * body.
 */
function requirePair(req: IncomingMessage, res: ServerResponse): void {
  if (typeof req?.httpVersionMajor !== "number" || typeof res?.writeHead !== "function") {
    throw wrongType(
      `send() takes a request and a response of node:http, not ${describeValue(req)} and ${describeValue(res)}.${pairHint(req, res)}`,
    );
  }
  // The version alone isn't proof: a client may send HTTP/2.0 to an HTTP/1.1 server, which then answers 400.
  if (req.httpVersionMajor > 1 && "stream" in res) {
    throw wrongType(
      `send() can't answer HTTP/${req.httpVersion}, because node:http2 ends a body cleanly after a failure. Serve HTTP/1.1 with node:http, and let a proxy speak HTTP/2.`,
    );
  }
}

/** What to write where the pair is there and in another order, inside what a framework hands out, or only imitated. */
function pairHint(req: unknown, res: unknown): string {
  if (has(req, "writeHead") && has(res, "httpVersionMajor")) return " Swap them: send(response, req, res).";
  if (has(req, "raw") && has(res, "raw"))
    return " Give those inside: send(response, request.raw, reply.raw).";
  if (has(req, "req") && has(res, "res")) return " Give those inside: send(response, ctx.req, ctx.res).";
  if (has(req, "headers") && has(res, "end"))
    return " These are imitations without a connection, as those of serverless-http and of tools for tests. There, take the answer from toWebResponse(response, req).";
  return "";
}

function has(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value;
}

/** Sending itself checks the limits. Middleware may set an option to undefined. */
function checkOptions(options: SendOptions): void {
  checkOptionNames("send()", options, sendOptionNames);
  const { signal, primeFirstChunk, onErrorBeforeHead, onError, clock } = options;
  if (signal !== undefined) requireSignal(signal);
  if (primeFirstChunk !== undefined) requireFlag("primeFirstChunk", primeFirstChunk);
  if (onErrorBeforeHead !== undefined) requireFunction("onErrorBeforeHead", onErrorBeforeHead);
  if (onError !== undefined) requireFunction("onError", onError);
  if (clock !== undefined && clock !== systemClock) requireClock(clock);
}

/** What is sent, to whom, and how. */
interface SendingParts {
  readonly response: AnyResponse;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly options: SendOptions;
  readonly clock: Clock;
  readonly startMs: number;
  /** What was written already, if the kernel didn't take all of it at once. */
  readonly attempt: Attempt | undefined;
}

class Sending {
  readonly #response: AnyResponse;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #options: SendOptions;
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #connection: Connection;
  readonly #isWrapped: boolean;
  /** False if the response belongs to another client, which is getting it; then it must not be closed here. */
  readonly #isOwn: boolean;
  readonly #attempt: Attempt | undefined;
  #statusCode: number | null = null;
  #isHeadFlushed = false;
  #bytes = 0;
  #chunks = 0;
  #firstByteMs: number | null = null;

  constructor({ response, req, res, options, clock, startMs, attempt }: SendingParts) {
    this.#response = response;
    this.#req = req;
    this.#res = res;
    this.#options = options;
    this.#clock = clock;
    this.#startMs = startMs;
    this.#connection = new Connection(req, res, options, this.#clock, () => this.#bytes);
    this.#isWrapped = res.write !== ServerResponse.prototype.write;
    this.#attempt = attempt;
    this.#isOwn = claim(response);
    if (attempt === undefined) return;
    this.#statusCode = attempt.statusCode;
    this.#bytes = attempt.bytes;
    this.#chunks = attempt.chunks;
    this.#firstByteMs = attempt.firstByteMs;
  }

  async run(): Promise<SendOutcome> {
    let ending: Ending = { state: "completed" };
    try {
      await (this.#attempt === undefined ? this.#write() : this.#finish(this.#attempt));
    } catch (thrown) {
      ending = describeEnding(thrown);
      await this.#breakOff(ending);
    } finally {
      this.#connection.release();
    }
    const sendMs = this.#elapsedMs();
    if (ending.error !== undefined && ending.state !== "cancelled") this.#report(ending.error);
    if (this.#isOwn) await this.#response.close(ending.state === "client-gone" ? clientGone() : ending.error);
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
    this.#connection.check();
    if (!this.#isOwn) throw claimedElsewhere("send()");
    if (this.#res.headersSent) throw wrongType("send() needs an answer whose head hasn't been sent yet.");
    const { httpVersionMajor, httpVersionMinor } = this.#req;
    const isChunkable = httpVersionMajor > 1 || httpVersionMinor > 0;
    const head = planHead(this.#response, this.#req, isChunkable);
    if (head.hasBody) await this.#writeBody(viewBody(this.#response), head);
    else this.#writeHead(head);
    await this.#end();
  }

  async #finish({ failure }: Attempt): Promise<void> {
    if (failure !== undefined) throw failure.error;
    await this.#connection.finish();
  }

  async #writeBody(view: BodyView, head: SendHead): Promise<void> {
    const { promisedBytes = Number.POSITIVE_INFINITY, trailers } = head;
    const isPrimed = this.#options.primeFirstChunk === true;
    // A source that failed before the first pull still gets a status.
    view.check();
    if (!isPrimed) this.#writeHead(head);
    let chunk = await this.#nextChunk(view);
    if (isPrimed) this.#writeHead(head);
    while (chunk !== undefined) {
      const isLast = this.#bytes + chunk.byteLength >= promisedBytes;
      if (isLast) {
        // Pulling the end lets the body reuse a lent chunk.
        if (view.isLending) chunk = copyBytes(chunk);
        await this.#requireEnd(view, promisedBytes, chunk.byteLength);
      }
      const taken = this.#writeChunk(chunk, view.isLending);
      if (taken !== undefined) await taken;
      if (isLast) break;
      chunk = await this.#nextChunk(view);
    }
    if (head.promisedBytes !== undefined && this.#bytes < head.promisedBytes) {
      throw bodyLength(head.promisedBytes, `ended after ${this.#bytes}`);
    }
    if (trailers !== undefined) this.#res.addTrailers(trailerPairs(trailers));
  }

  /** The next non-empty chunk; undefined at the end. */
  async #nextChunk(view: BodyView): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#connection.isTurnOver) await this.#connection.yield();
      const pulled = view.pull();
      if (pulled instanceof Promise) this.#flushHead();
      const chunk = view.borrow(pulled instanceof Promise ? await this.#connection.wait(pulled) : pulled);
      if (chunk === undefined && view.cutShort !== undefined) throw new Stopped("cancelled", view.cutShort);
      if (chunk === undefined || chunk.byteLength > 0) return chunk;
    }
  }

  /** After the last promised byte the client considers the body complete, so an error must show before it. */
  async #requireEnd(view: BodyView, promisedBytes: number, lastBytes: number): Promise<void> {
    const excess = this.#bytes + lastBytes - promisedBytes;
    if (excess > 0 || (await this.#nextChunk(view)) !== undefined)
      throw bodyLength(promisedBytes, "gave more");
  }

  /** Writes one chunk; returns a promise only if the client must be awaited. */
  #writeChunk(chunk: Uint8Array, isLent: boolean): Promise<void> | undefined {
    this.#firstByteMs ??= this.#elapsedMs();
    if (chunk.byteLength > pieceBytes) return this.#writePieces(chunk, isLent);
    this.#chunks += 1;
    return this.#writePiece(chunk, isLent);
  }

  async #writePieces(chunk: Uint8Array, isLent: boolean): Promise<void> {
    for (let offset = 0; offset < chunk.byteLength; offset += pieceBytes) {
      const taken = this.#writePiece(chunk.subarray(offset, offset + pieceBytes), isLent);
      if (taken !== undefined) await taken;
      else if (this.#connection.isTurnOver) await this.#connection.yield();
    }
    this.#chunks += 1;
  }

  #writePiece(piece: Uint8Array, isLent: boolean): Promise<void> | undefined {
    this.#bytes += piece.byteLength;
    if (!isLent) return this.#isTaken(piece) ? undefined : this.#connection.drained();
    // A wrapper may keep the chunk, and may drop the callback that reports when the chunk is free again.
    if (this.#isWrapped) return this.#isTaken(copyBytes(piece)) ? undefined : this.#connection.drained();
    return this.#connection.taken((onTaken) => void this.#res.write(piece, onTaken));
  }

  /** Writes, and returns whether more may be written at once; a wrapper may return nothing. */
  #isTaken(piece: Uint8Array): boolean {
    const taken: unknown = this.#res.write(piece);
    return typeof taken === "boolean" ? taken : !this.#res.writableNeedDrain;
  }

  #writeHead(head: SendHead): void {
    writeHead(this.#res, head);
    this.#statusCode = head.statusCode;
  }

  /** Lets the client see the head while the first chunk is being made. */
  #flushHead(): void {
    if (this.#isHeadFlushed || this.#statusCode === null) return;
    this.#isHeadFlushed = true;
    this.#res.flushHeaders();
  }

  #end(): Promise<void> {
    const res = this.#res;
    if (res.writableEnded) throw endedElsewhere();
    // Not end(callback): a wrapper whose end() takes chunk and encoding would write the function.
    return this.#connection.finish(() => void res.end());
  }

  /** Answers an error if the head isn't sent yet, and cuts the connection otherwise. */
  async #breakOff({ state, error }: Ending): Promise<void> {
    if (this.#statusCode === null && this.#res.headersSent) return;
    if (state !== "failed" || error === undefined || this.#res.headersSent) this.#connection.cut();
    else await this.#answerError(error);
  }

  async #answerError(error: Error): Promise<void> {
    const answer = this.#makeErrorAnswer(error);
    try {
      const head = planHead(answer, this.#req, false);
      this.#writeHead(head);
      if (head.hasBody) for (const part of answer.parts) this.#res.write(part);
      await this.#end();
    } catch {
      // The client disconnected, or the answer itself is wrong. Only the first error is reported.
      this.#connection.cut();
    }
    await answer.close();
  }

  #makeErrorAnswer(error: Error): HttpResponse {
    try {
      const answer: unknown = this.#options.onErrorBeforeHead?.(error);
      if (answer instanceof HttpResponse) return answer;
      watchHook(answer, (hookError) => this.#reportHook(hookError));
      if (answer instanceof HttpResponseBase) neverRejects(answer.close());
      if (answer !== undefined) {
        const refusal = `onErrorBeforeHead must return an HttpResponse, not ${describeValue(answer)}.`;
        const remedy = otherCopyRemedy(answer);
        this.#report(wrongType(remedy === undefined ? refusal : `${refusal} ${remedy}`));
      }
    } catch (hookError) {
      this.#report(toError(hookError));
    }
    return new HttpResponse("Internal Server Error\n", {
      statusCode: 500,
      contentType: "text/plain; charset=utf-8",
    });
  }

  #report(error: Error): void {
    try {
      watchHook(this.#options.onError?.(error), (hookError) => this.#reportHook(hookError));
    } catch (hookError) {
      this.#reportHook(hookError);
    }
  }

  /** `run` must not reject when a hook fails, so a hook's error is handled like a closer's. */
  #reportHook(hookError: unknown): void {
    this.#response.onClose(() => {
      throw hookError;
    });
  }

  #elapsedMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }
}

/** How a sending ended. */
type Ending = Pick<SendOutcome, "state" | "error">;

function describeEnding(thrown: unknown): Ending {
  if (!(thrown instanceof Stopped)) return { state: "failed", error: toError(thrown) };
  return { state: thrown.state, ...(thrown.reason && { error: thrown.reason }) };
}

function clientGone(): Error {
  return new DOMException("The client left before the body was sent.", "AbortError");
}
