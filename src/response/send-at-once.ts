import { type IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { endedElsewhere, Stopped } from "./connection.ts";
import { wholeContent, type HttpResponse } from "./http-response.ts";
import { planHead } from "./send-head.ts";
import type { SendOptions } from "./send-options.ts";
import { writeHead } from "./write-head.ts";

/** Bytes up to this number are joined with the head. */
const joinedBytes = 4 * 1024;

/** What became of an answer that was written in one step. */
export interface Attempt {
  readonly statusCode: number | null;
  readonly bytes: number;
  readonly chunks: number;
  readonly firstByteMs: number | null;
  /** If the kernel has the last byte: resolves with the answer's `finish`, in a moment. */
  readonly finished: Promise<void> | undefined;
  /** What made the step fail. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * Writes an answer whose content is short with one `end()`. The kernel nearly always takes it at once. Then nothing can
 * go wrong any more, so no limit, signal or disconnect is watched.
 *
 * @returns undefined if the answer needs more than that; then nothing was written or changed
 */
export function sendAtOnce(
  response: HttpResponse,
  req: IncomingMessage,
  res: ServerResponse,
  options: SendOptions,
  clock: Clock,
  startMs: number,
): Attempt | undefined {
  if (!isReady(req, res, options)) return undefined;
  const content = wholeContent(response);
  if (content === undefined) return undefined;
  const { httpVersionMajor, httpVersionMinor } = req;
  let head;
  try {
    head = planHead(response, req, httpVersionMajor > 1 || httpVersionMinor > 0);
  } catch {
    // The same error comes again where it can be answered.
    return undefined;
  }
  let statusCode: number | null = null;
  let bytes = 0;
  let firstByteMs: number | null = null;
  let finished: Attempt["finished"];
  let failure: Attempt["failure"];
  try {
    writeHead(res, head);
    ({ statusCode } = head);
    // A listener for the head may end the answer.
    if (res.writableEnded) throw endedElsewhere();
    const body = head.hasBody ? content : "";
    if (body.length > 0) {
      bytes = body.length;
      firstByteMs = clock.nowMs() - startMs;
    }
    finished = endWith(res, body);
    if (options.signal?.aborted === true) finished = undefined;
  } catch (error) {
    failure = { error };
  }
  return { statusCode, bytes, chunks: bytes > 0 ? 1 : 0, firstByteMs, finished, failure };
}

function isReady({ socket }: IncomingMessage, res: ServerResponse, options: SendOptions): boolean {
  const { signal, minRateBytesPerSecond = 0, idleTimeoutMs = 0 } = options;
  if (res.headersSent || res.writableEnded || res.destroyed || res.closed) return false;
  if (socket.destroyed || signal?.aborted === true) return false;
  // A wrapper of write() alone would not see a body that end() takes.
  if (res.write !== ServerResponse.prototype.write && res.end === ServerResponse.prototype.end) return false;
  return isLimit(minRateBytesPerSecond) && isLimit(idleTimeoutMs);
}

function isLimit(value: number): boolean {
  return typeof value === "number" && value >= 0;
}

/** Ends the answer with its body. If the kernel has all of it, `finish` follows, and is returned as a promise. */
function endWith(res: ServerResponse, body: Uint8Array | string): Promise<void> | undefined {
  let hasFinished = false;
  let hasClosed = false;
  let resolve: (() => void) | undefined;
  const onFinish = (): void => {
    hasFinished = true;
    resolve?.();
  };
  const onClose = (): void => {
    hasClosed = true;
    resolve?.();
  };
  const unlisten = (): void => {
    res.off("finish", onFinish);
    res.off("close", onClose);
  };
  // Middleware may emit events before its end() returns.
  res.on("finish", onFinish);
  res.on("close", onClose);
  try {
    end(res, body);
  } catch (error) {
    unlisten();
    throw error;
  }
  if (!hasFinished && isWithKernel(res)) {
    return new Promise<void>((settle) => {
      resolve = () => {
        unlisten();
        settle();
      };
    });
  }
  unlisten();
  if (hasFinished) return Promise.resolve();
  if (hasClosed) throw new Stopped("client-gone");
  return undefined;
}

function end(res: ServerResponse, body: Uint8Array | string): void {
  if (body.length === 0) res.end();
  // A wrapper may know nothing of encodings.
  else if (res.end !== ServerResponse.prototype.end)
    res.end(typeof body === "string" ? Buffer.from(body, "latin1") : body);
  else if (typeof body === "string") res.end(body, "latin1");
  else if (body.byteLength > joinedBytes) res.end(body);
  // Node joins the head with text, but not with bytes, and one write costs half of two. Latin-1 keeps each byte.
  else res.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
}

/** Whether nothing is left to write, although `finish` comes later. */
function isWithKernel(res: ServerResponse): boolean {
  const { socket } = res;
  return res.writableFinished && socket !== null && !socket.destroyed && socket.errored === null;
}
