import { wrongRange } from "../errors.ts";
import type { AnyResponse } from "./any-response.ts";
import { answerRange, FileResponse } from "./file-response.ts";
import { headerPairs } from "./head/response-headers.ts";
import { type RequestHead, requestMethod } from "./head/request-head.ts";
import { isBodiless } from "./head/status.ts";
import { acceptsTrailers, type ResponseTrailers } from "./head/trailers.ts";
import { framingHeaders } from "./keep-framing.ts";

/** Everything about an answer that is decided before its first byte. */
export interface SendHead {
  readonly statusCode: number;
  readonly reasonPhrase: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  /** False for HEAD and for statuses without a body; the body is then not pulled. */
  readonly hasBody: boolean;
  /** The Content-Length that the body must have; undefined if it isn't known. */
  readonly promisedBytes: number | undefined;
  /** Whether the body is framed in chunks. */
  readonly isChunked: boolean;
  readonly trailers: ResponseTrailers | undefined;
}

/**
 * Decides status, headers, length and trailers of the answer to one request. For a file it also answers Range.
 * @throws RangeError `SCSV_ARG_RANGE` for a status below 200, after which the client would wait for the final answer,
 *   and for a Content-Length that is not a number or differs from the buffered content
 */
export function planHead(response: AnyResponse, request: RequestHead, isChunkable: boolean): SendHead {
  if (response instanceof FileResponse) answerRange(response, request);
  const { statusCode } = response;
  if (statusCode < 200) {
    throw wrongRange(`The status ${statusCode} is not a final answer: use one from 200 to 599.`);
  }
  const isHead = requestMethod(request) === "HEAD";
  const hasBody = !isHead && !isBodiless(statusCode);
  const lengthHeader = planLength(response, statusCode, isHead);
  const length = lengthHeader === undefined ? undefined : parseLength(lengthHeader);
  const promisedBytes = hasBody ? length : undefined;
  if (promisedBytes !== undefined && !response.streaming && promisedBytes !== response.tell()) {
    throw wrongRange(`Content-Length is ${promisedBytes}, but the content has ${response.tell()} bytes.`);
  }
  const isChunked = hasBody && isChunkable && promisedBytes === undefined;
  const trailers = isChunked ? planTrailers(response, request) : undefined;
  const headers: (readonly [name: string, value: string])[] = [];
  // The sender decides on the framing, because it depends on the request.
  for (const [key, pair] of headerPairs(response.headers)) {
    if (!framingHeaders.has(key)) headers.push(pair);
  }
  if (lengthHeader !== undefined) headers.push(["Content-Length", lengthHeader]);
  if (trailers !== undefined) headers.push(["Trailer", trailers.names.join(", ")]);
  const { reasonPhrase, cookies } = response;
  return { statusCode, reasonPhrase, headers, cookies, hasBody, promisedBytes, isChunked, trailers };
}

/** RFC 9110, section 8.6: no length with 204; with HEAD and 304 only a length that is known without making the body. */
function planLength(response: AnyResponse, statusCode: number, isHead: boolean): string | undefined {
  if (statusCode === 204) return undefined;
  if (statusCode === 205) return "0";
  const given = response.headers.get("Content-Length");
  if (given !== undefined || response.streaming) return given;
  return statusCode === 304 || (isHead && response.tell() === 0) ? undefined : String(response.tell());
}

function planTrailers(response: AnyResponse, request: RequestHead): ResponseTrailers | undefined {
  if (!response.streaming || response.trailers === undefined || response.trailers.names.length === 0)
    return undefined;
  return acceptsTrailers(request) ? response.trailers : undefined;
}

function parseLength(value: string): number {
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw wrongRange(`Content-Length is a whole number of bytes, not "${value}".`);
  }
  return Number(value);
}
