import { systemClock } from "../../clock.ts";
import { hasMethod } from "../../stream/chunk-reader.ts";
import { Pacer } from "../../stream/pacer.ts";
import { type AnyResponse, viewBody } from "../any-response.ts";
import { bodyLength } from "../body-length.ts";
import type { BodyView } from "../body-view.ts";
import type { RequestHead } from "../head/request-head.ts";
import { planHead } from "../send-head.ts";

/** What the Fetch standard calls hop-by-hop in all but name: the server that sends the Web response frames it anew. */
const connectionHeaders = new Set(["connection", "keep-alive", "upgrade"]);

/** What an adapter needs of a request: the Web's `Request`, or its method, headers and signal alone. */
export interface WebRequestHead extends RequestHead {
  /** Fires when the client has left. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A response as the Web's `Response`, for Hono and other servers built on fetch.
 *
 * The body is pulled only as fast as it is read: one chunk at a time, none ahead. The response is closed when the body
 * was read to its end, failed or was cancelled, when the request's `signal` fires, and at once where there is no body; a
 * Web response that is never read nor cancelled, and whose request has no signal, is never closed. A failure makes the
 * reading fail, so that the server can cut the connection; a body that gives more or fewer bytes than its Content-Length is
 * such a failure.
 *
 * @param response - what is converted, and from then on belongs to the Web's response
 * @param request - gives a file its Range, HEAD no body, and the signal of a client that leaves, which some servers fire
 *   instead of cancelling the body; without it the answer is the one to a plain GET
 * @throws RangeError `SCSV_ARG_RANGE` for a status below 200, which the Web's class can't hold, and for a Content-Length
 *   that is not a number, or differs from the buffered content; the response is closed then
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
  try {
    const head = planHead(response, request, false);
    const headers = new Headers();
    for (const [name, value] of head.headers) {
      if (!connectionHeaders.has(name.toLowerCase())) headers.set(name, value);
    }
    for (const line of head.cookies) headers.append("Set-Cookie", line);
    const { statusCode: status, reasonPhrase: statusText, promisedBytes } = head;
    const body = head.hasBody ? streamBody(response, promisedBytes, request.signal) : null;
    const webResponse = new Response(body, { status, statusText, headers });
    if (body === null) void response.close();
    return webResponse;
  } catch (error) {
    void response.close(error);
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

/** Closes the response when the signal fires, and listens no longer than until the response is closed. */
function followSignal(
  response: AnyResponse,
  signal: AbortSignal | undefined,
  onAbort: (reason: unknown) => void,
): void {
  if (!hasMethod(signal, "addEventListener")) return;
  const abort = (): void => {
    onAbort(signal.reason);
    void response.close(signal.reason);
  };
  if (signal.aborted) return abort();
  signal.addEventListener("abort", abort, { once: true });
  response.onClose(() => signal.removeEventListener("abort", abort));
}

/**
 * The chunks of a body that aren't empty, since a pull that enqueues nothing isn't repeated. The last one within a
 * Content-Length is given only when the body has ended there, as a client takes the body for whole then.
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
