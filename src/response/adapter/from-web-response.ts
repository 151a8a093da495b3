import { wrongType } from "../../errors.ts";
import { type Chunk, describeValue } from "../../body/chunk.ts";
import { hasMethod, isIterable } from "../../body/chunk-reader.ts";
import { zstd } from "../../compression/zstd.ts";
import type { AnyResponse } from "../any-response.ts";
import { splitList } from "../head/split-list.ts";
import { appendCookieLine, type HttpResponseBase } from "../http-response-base.ts";
import { HttpResponse } from "../http-response.ts";
import { StreamingHttpResponse } from "../streaming-http-response.ts";
import { neverRejects } from "../../never-rejects.ts";

/** These headers describe one connection, not the answer (RFC 9110, section 7.6.1). */
const connectionHeaders = new Set([
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** `fetch` decodes the body, but keeps these headers, which describe the encoded one. */
const codedHeaders = new Set(["content-encoding", "content-length"]);

/** The codings that `fetch` decodes; if a body has another one too, it decodes none. */
const decodedCodings = new Set(["gzip", "x-gzip", "deflate", "br", ...(zstd === undefined ? [] : ["zstd"])]);

/**
 * The parts of a Web response that `fromWebResponse` reads. It isn't the class `Response`, because responses of the
 * npm packages undici and node-fetch, or of another realm such as a test runner's, are not instances of that class.
 */
export interface WebResponseLike {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly bodyUsed: boolean;
  readonly body: AsyncIterable<unknown> | { getReader(): unknown; readonly locked: boolean } | null;
  readonly headers: Iterable<[name: string, value: string]> & {
    get(name: string): string | null | undefined;
    /** The Set-Cookie lines one by one. */
    getSetCookie?(): string[];
    /** The same lines in node-fetch. */
    raw?(): Record<string, string[]>;
  };
}

/**
 * Converts the Web's `Response` into a response that `send()` takes: a streaming one, or an empty buffered one if it
 * has no body. The body isn't read before it is sent. Closing the result cancels the unread rest. Set-Cookie lines
 * are kept unchanged. A body that `fetch` has decoded loses its Content-Encoding, and one of a coding that it doesn't know keeps
 * it. The `fetch` of Node 22 doesn't decode zstd, which can't be noticed here: leave zstd out of its Accept-Encoding.
 *
 * @param webResponse - a `Response` of any realm or package, not read yet
 * @throws TypeError `SCSV_ARG_TYPE` if the value is not a Web response, is an error response (status 0), or has a
 *   body that somebody else reads or has read
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a header that `node:http` can't send; the body is then cancelled
 * @example
 * ```js
 * import { fromWebResponse, HttpResponse } from "stream-csv";
 *
 * const response = fromWebResponse(new Response("id,name\n", { status: 201 }));
 * console.log(response.statusCode, response.streaming);
 * console.log((await HttpResponse.from(response.streamingContent)).text.trim());
 * ```
 *
 * ```text
 * 201 true
 * id,name
 * ```
 */
export function fromWebResponse(webResponse: WebResponseLike): AnyResponse {
  if (!isWebResponse(webResponse) || webResponse.status === 0) {
    throw wrongType(`fromWebResponse() takes a Web response, not ${describeValue(webResponse)}.`);
  }
  const { body, status: statusCode, statusText } = webResponse;
  if (webResponse.bodyUsed || (body !== null && "locked" in body && body.locked)) {
    throw wrongType("fromWebResponse() needs a Web response whose body nobody else reads.");
  }
  // The response takes the body before a header can be refused, so that closing the response cancels the body.
  const response =
    body === null ? new HttpResponse() : new StreamingHttpResponse(body as AsyncIterable<Chunk>);
  try {
    response.statusCode = statusCode;
    if (statusText !== "") response.reasonPhrase = statusText;
    copyHeaders(webResponse, response);
  } catch (error) {
    neverRejects(response.close(error));
    throw error;
  }
  return response;
}

function isWebResponse(value: unknown): value is WebResponseLike {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers, body } = value as Partial<WebResponseLike>;
  const isHeaders = hasMethod(headers, "get") && isIterable(headers);
  return typeof status === "number" && isHeaders && (body === null || typeof body === "object");
}

function isDecoded(contentEncoding: string | null | undefined): boolean {
  const codings = splitList(contentEncoding?.toLowerCase() ?? "");
  return codings.length > 0 && codings.every((coding) => decodedCodings.has(coding));
}

function copyHeaders({ url, headers }: WebResponseLike, response: HttpResponseBase): void {
  const wasDecoded = url !== "" && isDecoded(headers.get("Content-Encoding"));
  response.headers.delete("Content-Type");
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (key === "set-cookie" || connectionHeaders.has(key)) continue;
    if (wasDecoded && codedHeaders.has(key)) continue;
    response.headers.set(name, value);
  }
  const cookies = headers.getSetCookie?.() ?? headers.raw?.()["set-cookie"] ?? [];
  for (const line of cookies) appendCookieLine(response, line);
}
