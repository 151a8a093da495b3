import { type IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../clock.ts";
import { wrongType } from "../errors.ts";
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
  /** Whether the kernel has the last byte; otherwise somebody must wait for it. */
  readonly isTaken: boolean;
  /** What made the step fail. */
  readonly failure: { readonly error: unknown } | undefined;
}

/**
 * Writes an answer whose content is short with one `end()`: the kernel nearly always takes it at once, so nothing is
 * waited for, and no listener or timer is needed.
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
  let isTaken = false;
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
    isTaken = endWith(res, body) && options.signal?.aborted !== true;
  } catch (error) {
    failure = { error };
  }
  return { statusCode, bytes, chunks: bytes > 0 ? 1 : 0, firstByteMs, isTaken, failure };
}

/** The error for an answer that another handler ends. */
export function endedElsewhere(): TypeError {
  return wrongType("send() needs an answer that nobody else ends.");
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

/** Ends the answer with its body, and returns whether the kernel has all of it. */
function endWith(res: ServerResponse, body: Uint8Array | string): boolean {
  if (res.end === ServerResponse.prototype.end) {
    if (body.length === 0) res.end();
    else if (typeof body === "string") res.end(body, "latin1");
    else if (body.byteLength > joinedBytes) res.end(body);
    // Node joins the head with text, but not with bytes, and one write costs half of two. Latin-1 keeps each byte.
    else res.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
    return isWithKernel(res);
  }
  // A wrapper may emit the event before its end() returns, and may know nothing of encodings.
  let hasFinished = false;
  const onFinish = (): void => {
    hasFinished = true;
  };
  res.once("finish", onFinish);
  if (body.length === 0) res.end();
  else res.end(typeof body === "string" ? Buffer.from(body, "latin1") : body);
  res.off("finish", onFinish);
  return hasFinished || isWithKernel(res);
}

/** `finish` is emitted in a later turn, but says no more than this. */
function isWithKernel(res: ServerResponse): boolean {
  const { socket } = res;
  return res.writableFinished && socket !== null && !socket.destroyed && socket.errored === null;
}
