// Long because one sending is one state: head, body, trailers and end share the outcome, and every way out has to run the closers.

import { type IncomingMessage, ServerResponse } from "node:http";
import { type Clock, systemClock } from "../clock.ts";
import { toError, wrongType } from "../errors.ts";
import { describeValue } from "../stream/chunk.ts";
import { type AnyResponse, viewBody } from "./any-response.ts";
import { bodyLength } from "./body-length.ts";
import type { BodyView } from "./body-view.ts";
import { Connection, Stopped } from "./connection.ts";
import { HttpResponse } from "./http-response.ts";
import { HttpResponseBase } from "./http-response-base.ts";
import { trailerPairs } from "./head/trailers.ts";
import { planHead, type SendHead } from "./send-head.ts";
import type { SendOptions, SendOutcome } from "./send-options.ts";
import { writeHead } from "./write-head.ts";

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
 * Middleware that wraps `res.end` or `res.write` may do so: neither their callbacks nor what they give back are relied on.
 *
 * @param response - what is sent; it is closed before the promise resolves
 * @param req - the request: its method and headers decide on the body, ranges and trailers
 * @param res - the answer of `node:http`, of which no head was sent yet
 * @param options - limits, a signal and hooks
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a response, and for a pair that isn't of `node:http`, as that of HTTP/2;
 *   RangeError `SCSV_ARG_RANGE` for a negative limit; the response is closed first
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
  options: SendOptions = {},
): Promise<SendOutcome> {
  if (!(response instanceof HttpResponseBase)) {
    throw wrongType(`send() takes a response, not ${describeValue(response)}.`);
  }
  let sending: Sending;
  try {
    requirePair(req, res);
    sending = new Sending(response, req, res, options);
  } catch (error) {
    await response.close(error);
    throw error;
  }
  return sending.run();
}

/** HTTP/2's compatibility layer ends a destroyed stream cleanly, so a client would take half a body for the whole. */
function requirePair(req: IncomingMessage, res: ServerResponse): void {
  if (typeof req?.httpVersionMajor !== "number" || typeof res?.writeHead !== "function") {
    throw wrongType(
      `send() takes a request and a response of node:http, not ${describeValue(req)} and ${describeValue(res)}.`,
    );
  }
  // The version alone doesn't tell: a client may write HTTP/2.0 to a server of HTTP/1.1, which then answers a 400.
  if (req.httpVersionMajor > 1 && "stream" in res) {
    throw wrongType(
      `send() can't answer HTTP/${req.httpVersion}, because node:http2 ends a body cleanly after a failure. Serve HTTP/1.1 with node:http, and let a proxy speak HTTP/2.`,
    );
  }
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
  #statusCode: number | null = null;
  #isHeadFlushed = false;
  #bytes = 0;
  #chunks = 0;
  #firstByteMs: number | null = null;

  constructor(response: AnyResponse, req: IncomingMessage, res: ServerResponse, options: SendOptions) {
    this.#response = response;
    this.#req = req;
    this.#res = res;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startMs = this.#clock.nowMs();
    this.#connection = new Connection(req, res, options, this.#clock, () => this.#bytes);
    this.#isWrapped = res.write !== ServerResponse.prototype.write;
  }

  async run(): Promise<SendOutcome> {
    let ending: Ending = { state: "completed" };
    try {
      await this.#write();
    } catch (thrown) {
      ending = describeEnding(thrown);
      await this.#breakOff(ending);
    } finally {
      this.#connection.release();
    }
    const sendMs = this.#elapsedMs();
    if (ending.error !== undefined && ending.state !== "cancelled") this.#report(ending.error);
    await this.#response.close(ending.state === "client-gone" ? clientGone() : ending.error);
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
    if (this.#res.headersSent) throw wrongType("send() needs an answer whose head hasn't been sent yet.");
    const { httpVersionMajor, httpVersionMinor } = this.#req;
    const isChunkable = httpVersionMajor > 1 || httpVersionMinor > 0;
    const head = planHead(this.#response, this.#req, isChunkable);
    if (head.hasBody) await this.#writeBody(viewBody(this.#response), head);
    else this.#writeHead(head);
    await this.#end();
  }

  async #writeBody(view: BodyView, head: SendHead): Promise<void> {
    const { promisedBytes = Number.POSITIVE_INFINITY, trailers } = head;
    const isPrimed = this.#options.primeFirstChunk === true;
    // A source that has failed before anybody asked for a chunk still gets a status.
    view.check();
    if (!isPrimed) this.#writeHead(head);
    let chunk = await this.#nextChunk(view);
    if (isPrimed) this.#writeHead(head);
    while (chunk !== undefined) {
      const isLast = this.#bytes + chunk.byteLength >= promisedBytes;
      if (isLast) {
        // To ask for the end is to give a lent chunk back.
        if (this.#options.lendsChunks === true) chunk = copyBytes(chunk);
        await this.#requireEnd(view, promisedBytes, chunk.byteLength);
      }
      const taken = this.#writeChunk(chunk);
      if (taken !== undefined) await taken;
      if (isLast) break;
      chunk = await this.#nextChunk(view);
    }
    if (head.promisedBytes !== undefined && this.#bytes < head.promisedBytes) {
      throw bodyLength(head.promisedBytes, `ended after ${this.#bytes}`);
    }
    if (trailers !== undefined) this.#res.addTrailers(trailerPairs(trailers));
  }

  /** The next chunk that isn't empty; undefined at the end. */
  async #nextChunk(view: BodyView): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#connection.isTurnOver) await this.#connection.yield();
      const pulled = view.pull();
      if (pulled instanceof Promise) this.#flushHead();
      const chunk = view.take(pulled instanceof Promise ? await this.#connection.wait(pulled) : pulled);
      if (chunk === undefined && view.cutShort !== undefined) throw new Stopped("cancelled", view.cutShort);
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
    this.#firstByteMs ??= this.#elapsedMs();
    if (chunk.byteLength > pieceBytes) return this.#writePieces(chunk);
    this.#chunks += 1;
    return this.#writePiece(chunk);
  }

  async #writePieces(chunk: Uint8Array): Promise<void> {
    for (let offset = 0; offset < chunk.byteLength; offset += pieceBytes) {
      const taken = this.#writePiece(chunk.subarray(offset, offset + pieceBytes));
      if (taken !== undefined) await taken;
      else if (this.#connection.isTurnOver) await this.#connection.yield();
    }
    this.#chunks += 1;
  }

  #writePiece(piece: Uint8Array): Promise<void> | undefined {
    this.#bytes += piece.byteLength;
    const isLent = this.#options.lendsChunks === true;
    if (!isLent) return this.#isTaken(piece) ? undefined : this.#connection.drained();
    // A wrapper may keep the chunk, and may drop the callback that tells when it is free again.
    if (this.#isWrapped) return this.#isTaken(copyBytes(piece)) ? undefined : this.#connection.drained();
    return this.#connection.taken((onTaken) => void this.#res.write(piece, onTaken));
  }

  /** Writes, and tells whether more may be written at once; a wrapper may give nothing back. */
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
    if (res.writableEnded) throw wrongType("send() needs an answer that nobody else ends.");
    return this.#connection.finish((onFinished) => {
      // Not end(onFinished): a wrapper whose end() takes chunk and encoding would write the function.
      res.once("finish", onFinished);
      res.end();
    });
  }

  /** Answers an error while there is still a status to give, and cuts the connection otherwise. */
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
      // The client left, or the answer itself is at fault; the first error is the one that is told.
      this.#connection.cut();
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
    try {
      this.#options.onError?.(error);
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

/** How a sending ended. */
type Ending = Pick<SendOutcome, "state" | "error">;

function describeEnding(thrown: unknown): Ending {
  if (!(thrown instanceof Stopped)) return { state: "failed", error: toError(thrown) };
  return { state: thrown.state, ...(thrown.reason && { error: thrown.reason }) };
}

/** Not `slice()`, which copies nothing where the bytes are a Buffer. */
function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function clientGone(): Error {
  return new DOMException("The client left before the body was sent.", "AbortError");
}
