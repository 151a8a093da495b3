import { systemClock } from "../../clock.ts";
import { requireSignal } from "../../check-arguments.ts";
import { Pacer } from "../../async/pacer.ts";
import { type AnyResponse, requireResponse, viewBody } from "../any-response.ts";
import { bodyLength } from "../body-length.ts";
import type { BodyView } from "../body-view.ts";
import { claim, claimedElsewhere } from "../claim.ts";
import { type RequestHead, requireRequestHead } from "../head/request-head.ts";
import { planHead } from "../send-head.ts";
import { neverRejects } from "../../never-rejects.ts";

/** Headers of one connection. The server that sends the Web response decides on them itself. */
const connectionHeaders = new Set(["connection", "keep-alive", "upgrade"]);

/** The parts of a request that `toWebResponse` reads: the Web's `Request`, or just its method, headers and signal. */
export interface WebRequestHead extends RequestHead {
  /** Fires when the client disconnects. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Converts a response into the Web's `Response`, for Hono and other servers built on fetch.
 *
 * The body is pulled only as fast as it is read: one chunk at a time, none ahead. The response is closed when the
 * body ends, fails or is cancelled, and when the request's `signal` fires. Without a body it is closed at once. A Web
 * response that nobody reads or cancels, and whose request has no signal, is never closed. If the body fails, reading
 * rejects, so that the server can cut the connection, as those on Node, Bun and Deno do. Two don't, and end the body as
 * if it were whole: the runtime of Cloudflare's Workers, and servers on Node towards clients and proxies of HTTP/1.0,
 * whose connection `send()` resets instead. A body with more or fewer bytes than its Content-Length fails too.
 *
 * @param response - the response to convert; it belongs to the Web's response afterwards
 * @param request - decides about Range and HEAD. Its signal reports that the client disconnected, because some servers
 *   fire it instead of cancelling the body. Without a request the answer is that to a plain GET.
 * @throws TypeError `SCSV_ARG_TYPE` for a value that is not a response, or not a request; then the response is closed. Also
 *   for a streaming response that is being sent already, which is left alone
 * @throws RangeError `SCSV_ARG_RANGE` for a status below 200, which the Web's class can't hold, and for a
 *   Content-Length that is not a number or differs from the buffered content; the response is then closed
 * @example
 * ```js
 * import { StreamingHttpResponse, toWebResponse } from "stream-csv";
 *
 * const request = new Request("http://127.0.0.1/export.csv");
 * const response = toWebResponse(new StreamingHttpResponse(["id,name\n", "1,Ada\n"]), request);
 * console.log(response.status, (await response.text()).length);
 * ```
 *
 * ```text
 * 200 14
 * ```
 */
export function toWebResponse(response: AnyResponse, request: WebRequestHead = { headers: {} }): Response {
  requireResponse("toWebResponse()", response);
  if (!claim(response)) throw claimedElsewhere("toWebResponse()");
  try {
    requireRequestHead("toWebResponse()", request);
    // A fetch of another realm may have null.
    if (request.signal !== undefined && request.signal !== null) requireSignal(request.signal);
    const head = planHead(response, request, false);
    const headers = new Headers();
    for (const [name, value] of head.headers) {
      if (!connectionHeaders.has(name.toLowerCase())) headers.set(name, value);
    }
    for (const line of head.cookies) headers.append("Set-Cookie", line);
    const { statusCode: status, reasonPhrase: statusText, promisedBytes } = head;
    const body = head.hasBody ? streamBody(response, promisedBytes, request.signal) : null;
    const webResponse = new Response(body, { status, statusText, headers });
    if (body === null) neverRejects(response.close());
    return webResponse;
  } catch (error) {
    neverRejects(response.close(error));
    throw error;
  }
}

function streamBody(
  response: AnyResponse,
  promisedBytes: number | undefined,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const chunks = readChunks(viewBody(response), promisedBytes);
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        followSignal(response, signal, (reason) => controller.error(reason));
      },
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (done !== true) return controller.enqueue(value);
          controller.close();
          await response.close();
        } catch (error) {
          controller.error(error);
          await response.close(error);
        }
      },
      cancel: (reason) => response.close(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Closes the response when the signal fires. The listener is removed when the response is closed. */
function followSignal(
  response: AnyResponse,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): void {
  if (signal === undefined || signal === null) return;
  const abort = (): void => {
    onAbort(signal.reason);
    neverRejects(response.close(signal.reason));
  };
  if (signal.aborted) return abort();
  signal.addEventListener("abort", abort, { once: true });
  response.onClose(() => signal.removeEventListener("abort", abort));
}

/**
 * The non-empty chunks of a body, because a `ReadableStream` doesn't repeat a pull that enqueues nothing. The chunk
 * that completes the Content-Length is held back until the body has ended, because the client then considers the body
 * complete.
 */
async function* readChunks(
  view: BodyView,
  promisedBytes = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pacer = new Pacer(systemClock);
  let bytes = 0;
  for (;;) {
    const chunk = await nextChunk(view, pacer);
    if (chunk === undefined) break;
    bytes += chunk.byteLength;
    const isLast = bytes >= promisedBytes;
    if (isLast && (bytes > promisedBytes || (await nextChunk(view, pacer)) !== undefined))
      throw bodyLength(promisedBytes, "gave more");
    yield chunk;
    if (isLast) return;
  }
  if (Number.isFinite(promisedBytes) && bytes < promisedBytes)
    throw bodyLength(promisedBytes, `ended after ${bytes}`);
}

/** The next chunk that isn't empty, undefined at the end. */
async function nextChunk(view: BodyView, pacer: Pacer): Promise<Uint8Array | undefined> {
  for (;;) {
    if (pacer.isDue) await pacer.yield();
    const chunk = view.take(await view.pull());
    if (chunk === undefined && view.cutShort !== undefined) throw view.cutShort;
    if (chunk === undefined || chunk.byteLength > 0) return chunk;
  }
}
