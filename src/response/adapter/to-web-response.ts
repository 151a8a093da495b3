import { systemClock } from "../../clock.ts";
import { Pacer } from "../../stream/pacer.ts";
import { type AnyResponse, viewBody } from "../any-response.ts";
import type { BodyView } from "../body-view.ts";
import { answerRange, FileResponse } from "../file-response.ts";
import type { RequestHead } from "../head/request-head.ts";
import { requestMethod } from "../head/request-head.ts";
import { isBodiless } from "../head/status.ts";

/** What the Fetch standard calls hop-by-hop in all but name: whoever sends the Web response frames it anew. */
const framingHeaders = new Set(["connection", "keep-alive", "trailer", "transfer-encoding", "upgrade"]);

/**
 * A response as the Web's `Response`, for Hono and other servers built on fetch.
 *
 * The body is pulled only as fast as it is read: one chunk at a time, none ahead. The response is closed when the body
 * was read to its end, failed or was cancelled, and at once where there is no body; a Web response that is never read
 * nor cancelled is never closed. A failure makes the reading fail, so that the server can cut the connection.
 *
 * @param request gives a file its Range, and HEAD no body; without it the answer is the one to a plain GET
 * @throws RangeError for a status below 200, which the Web's class can't hold
 * @example
 * app.get("/export.csv", (c) => toWebResponse(new StreamingHttpResponse(rows()), c.req.raw));
 */
export function toWebResponse(response: AnyResponse, request: RequestHead = { headers: {} }): Response {
  if (response instanceof FileResponse) answerRange(response, request);
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    if (!framingHeaders.has(name.toLowerCase())) headers.set(name, value);
  }
  for (const line of response.cookies) headers.append("Set-Cookie", line);
  const { statusCode: status, reasonPhrase: statusText } = response;
  const hasBody = requestMethod(request) !== "HEAD" && !isBodiless(status);
  if (!response.streaming && !isBodiless(status) && !headers.has("Content-Length")) {
    headers.set("Content-Length", String(response.tell()));
  }
  const webResponse = new Response(hasBody ? streamBody(response) : null, { status, statusText, headers });
  if (!hasBody) void response.close();
  return webResponse;
}

function streamBody(response: AnyResponse): ReadableStream<Uint8Array> {
  const view = viewBody(response);
  const pacer = new Pacer(systemClock);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = await nextChunk(view, pacer);
          if (chunk !== undefined) return controller.enqueue(chunk);
          if (view.cutShort !== undefined) throw view.cutShort;
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

/** The next chunk that isn't empty, undefined at the end: a pull that enqueues nothing isn't repeated. */
async function nextChunk(view: BodyView, pacer: Pacer): Promise<Uint8Array | undefined> {
  for (;;) {
    if (pacer.isDue) await pacer.yield();
    const chunk = view.take(await view.pull());
    if (chunk === undefined || chunk.byteLength > 0) return chunk;
  }
}
