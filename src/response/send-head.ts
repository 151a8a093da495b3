import { wrongRange } from "../errors.ts";
import type { AnyResponse } from "./any-response.ts";
import { answerRange, FileResponse } from "./file-response.ts";
import { ResponseHeaders } from "./head/response-headers.ts";
import { type RequestHead, requestHeader, requestMethod } from "./head/request-head.ts";
import { isBodiless } from "./head/status.ts";
import type { ResponseTrailers } from "./streaming-http-response.ts";

/** What is decided of an answer before its first byte. */
export interface SendHead {
  readonly statusCode: number;
  readonly reasonPhrase: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly cookies: readonly string[];
  /** False for HEAD and for statuses without a body: then nothing is pulled. */
  readonly hasBody: boolean;
  /** The Content-Length that the body must have; undefined where there is none. */
  readonly promisedBytes: number | undefined;
  readonly trailers: ResponseTrailers | undefined;
}

/** Framing is the sender's affair: it depends on the request, and a header that contradicts it would break the connection. */
const framingHeaders = new Set(["transfer-encoding", "trailer"]);

/**
 * Decides status, headers, length and trailers of an answer to one request; answers a file's Range by the way.
 * @throws RangeError `SCSV_ARG_RANGE` for a Content-Length that is no number, or not that of the buffered content
 */
export function planHead(response: AnyResponse, request: RequestHead, isChunkable: boolean): SendHead {
  if (response instanceof FileResponse) answerRange(response, request);
  const { statusCode } = response;
  const isHead = requestMethod(request) === "HEAD";
  const hasBody = !isHead && !isBodiless(statusCode);
  const lengthHeader = planLength(response, statusCode, isHead);
  const promisedBytes = hasBody && lengthHeader !== undefined ? parseLength(lengthHeader) : undefined;
  if (promisedBytes !== undefined && !response.streaming && promisedBytes !== response.tell()) {
    throw wrongRange(`Content-Length is ${promisedBytes}, but the content has ${response.tell()} bytes.`);
  }
  const trailers =
    hasBody && isChunkable && promisedBytes === undefined ? planTrailers(response, request) : undefined;
  const headers = [...response.headers].filter(
    ([name]) => !framingHeaders.has(name.toLowerCase()) && name.toLowerCase() !== "content-length",
  );
  if (lengthHeader !== undefined) headers.push(["Content-Length", lengthHeader]);
  if (trailers !== undefined) headers.push(["Trailer", trailers.names.join(", ")]);
  const { reasonPhrase, cookies } = response;
  return { statusCode, reasonPhrase, headers, cookies, hasBody, promisedBytes, trailers };
}

/** RFC 9110, section 8.6: none with 1xx and 204; with HEAD and 304 only what is known without making the body. */
function planLength(response: AnyResponse, statusCode: number, isHead: boolean): string | undefined {
  if (statusCode < 200 || statusCode === 204) return undefined;
  if (statusCode === 205) return "0";
  const given = response.headers.get("Content-Length");
  if (given !== undefined || response.streaming) return given;
  return statusCode === 304 || (isHead && response.tell() === 0) ? undefined : String(response.tell());
}

function planTrailers(response: AnyResponse, request: RequestHead): ResponseTrailers | undefined {
  if (!response.streaming || response.trailers === undefined || response.trailers.names.length === 0)
    return undefined;
  const accepted = (requestHeader(request, "te") ?? "").toLowerCase().split(",");
  return accepted.some((entry) => entry.trim() === "trailers") ? response.trailers : undefined;
}

function parseLength(value: string): number {
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value))) {
    throw wrongRange(`Content-Length is a whole number of bytes, not "${value}".`);
  }
  return Number(value);
}

/** The trailers as they are sent, in the order announced; only what was announced. */
export function trailerPairs(trailers: ResponseTrailers): [name: string, value: string][] {
  const given = new ResponseHeaders(trailers.values());
  return trailers.names.flatMap((name) => {
    const value = given.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}
