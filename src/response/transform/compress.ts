import { type Clock, systemClock } from "../../clock.ts";
import { CodedBody } from "../../compression/coded-body.ts";
import { type Coding, codingLevels, type CodingName } from "../../compression/coding.ts";
import { negotiateCoding } from "../../compression/negotiate-coding.ts";
import { checkOptionNames, requireClock, requireFromZero } from "../../check-arguments.ts";
import { wrongRange, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";
import { type AnyResponse, requireResponse } from "../any-response.ts";
import { outdatedHeaders } from "../head/coded-headers.ts";
import { weaken } from "../head/entity-tag.ts";
import { requestHeader, requireRequestHead } from "../head/request-head.ts";
import { addToList, hasDirective } from "../head/response-headers.ts";
import { isBodiless } from "../head/status.ts";
import type { ResponseTrailers } from "../head/trailers.ts";
import type { HttpResponse } from "../http-response.ts";
import { copyCookies } from "../http-response-base.ts";
import { StreamingHttpResponse } from "../streaming-http-response.ts";
import { replacedBy } from "./conditional-get.ts";
import type { ResponseTransform } from "./response-transform.ts";

/** How bodies are compressed. */
export interface CompressOptions {
  /** Allowed codings; the first one wins if the client accepts several equally. @default zstd, br, gzip */
  readonly codings?: readonly CodingName[];
  /**
   * Compression level in the coding's own scale: 0 to 9 for gzip, 0 to 11 for br, 1 to 22 for zstd. It must be valid
   * for all `codings`.
   * @default 6 for gzip, 4 for br, 3 for zstd
   */
  readonly level?: number;
  /** Buffered content below this many bytes isn't compressed. @default 200 */
  readonly minBytes?: number;
  /** A stream is flushed after this many bytes of input. @default 262144 */
  readonly flushBytes?: number;
  /** A stream is flushed when input has waited this many milliseconds. @default 200 */
  readonly flushIntervalMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const optionNames: readonly (keyof CompressOptions)[] = [
  "codings",
  "level",
  "minBytes",
  "flushBytes",
  "flushIntervalMs",
  "clock",
];

/** Compressing more than this at once would block the event loop too long, so it is compressed while it is sent. */
const atOnceBytes = 512 * 1024;

const outdatedNames: ReadonlySet<string> = new Set(outdatedHeaders.map((name) => name.toLowerCase()));

/**
 * Makes a transform that compresses the body as the client's Accept-Encoding allows (RFC 9110, section 12.5.3): gzip, br,
 * and zstd if Node supports it. It respects q-values and `identity`.
 *
 * A stream stays a stream: it is compressed as it is pulled, as one member, and flushed by bytes and by time. Memory
 * is bounded by the data between two flushes, and freed at once when the transfer stops. After a failure the member
 * has no end. Buffered content is compressed in place if that makes it smaller. More than 512 KiB becomes a stream,
 * because compressing it at once would delay all other requests.
 *
 * Responses stay unchanged if they have a Content-Encoding, say `no-transform`, are partial (206), or have no body.
 * An empty Content-Encoding is removed, so it is a way to opt out. Accept-Encoding is added to Vary. A strong ETag becomes
 * weak for a client that accepts a coding, also if the content isn't compressed because that wouldn't make it smaller.
 * Digests of the bytes before compression are removed, from headers and trailers.
 *
 * A 304 gets the `Vary` and the ETag of the 200 it replaces, so `compress()` and `conditionalGet()` work in
 * either order.
 *
 * @param options - codings, their levels, and how often a stream is flushed
 * @throws RangeError `SCSV_ARG_RANGE` for a negative size or time, an unknown coding, a level that one of them
 *   doesn't have, or an unknown option
 * @throws TypeError `SCSV_ARG_TYPE` for an option of the wrong type; from the transform, for a value that is not a request or
 *   not a response
 * @example
 * ```js
 * import { compress, HttpResponse } from "stream-csv";
 *
 * const response = new HttpResponse("a".repeat(1000));
 * compress()({ method: "GET", headers: { "accept-encoding": "gzip" } }, response);
 * console.log(response.headers.get("Content-Encoding"), response.tell() < 1000);
 * ```
 *
 * ```text
 * gzip true
 * ```
 */
export function compress(options: CompressOptions = {}): ResponseTransform {
  checkOptionNames("compress()", options, optionNames);
  const { minBytes = 200, flushBytes = 256 * 1024, flushIntervalMs = 200 } = options;
  checkCodings(options);
  for (const [name, value] of Object.entries({ minBytes, flushBytes, flushIntervalMs }))
    requireFromZero(name, value);
  if (options.clock !== undefined) requireClock(options.clock);
  const settings = { ...options, flushBytes, flushIntervalMs };
  return (request, response) => {
    requireRequestHead("compress()", request);
    requireResponse("compress()", response);
    const isUnchanged = response.statusCode === 304;
    // The replaced response decides how its 200 would look. A 304 made by the caller replaces no known response.
    const represented = isUnchanged ? replacedBy(response) : response;
    const isLeftAlone =
      represented === undefined ? !isTransformable(response) : !isCompressible(represented, minBytes);
    if (isLeftAlone) return response;
    addToList(response.headers, "Vary", "Accept-Encoding");
    const coding = negotiateCoding(requestHeader(request, "accept-encoding"), options.codings);
    if (coding === undefined) return response;
    if (isUnchanged) return weakenTag(response);
    if (response.streaming) return encodeStream(response, coding, settings);
    return response.tell() <= atOnceBytes
      ? encodeContent(response, coding, options.level)
      : encodeStream(makeStream(response), coding, settings);
  };
}

const allCodings = ["zstd", "br", "gzip"] as const satisfies readonly CodingName[];

function checkCodings({ codings = allCodings, level }: CompressOptions): void {
  if (!Array.isArray(codings))
    throw wrongType(`codings is an array of names, not ${describeValue(codings)}.`);
  if (level !== undefined && typeof level !== "number")
    throw wrongType(`level is a number, not ${describeValue(level)}.`);
  for (const name of codings as readonly CodingName[]) {
    if (!allCodings.includes(name))
      throw wrongRange(`codings may hold ${allCodings.join(", ")}, not ${describeValue(name)}.`);
    if (level === undefined) continue;
    const { least, most } = codingLevels[name];
    if (Number.isInteger(level) && level >= least && level <= most) continue;
    throw wrongRange(
      `level ${String(level)} isn't valid for ${name}, which takes ${least} to ${most}. List in codings only those for which it is valid.`,
    );
  }
}

function isCompressible(response: AnyResponse, minBytes: number): boolean {
  const { statusCode } = response;
  if (!response.streaming && response.tell() < minBytes) return false;
  return isTransformable(response) && !isBodiless(statusCode) && statusCode !== 206;
}

/** Whether the headers allow a coding; removes an empty Content-Encoding, which only opts out. */
function isTransformable({ headers }: AnyResponse): boolean {
  if (headers.has("Content-Encoding")) {
    if (headers.get("Content-Encoding")?.trim() === "") headers.delete("Content-Encoding");
    return false;
  }
  return !hasDirective(headers.get("Cache-Control"), "no-transform");
}

function encodeStream(
  response: StreamingHttpResponse,
  coding: Coding,
  { level, flushBytes, flushIntervalMs, clock = systemClock }: CompressOptions & Required<FlushSettings>,
): StreamingHttpResponse {
  response.streamingContent = new CodedBody(response.streamingContent, {
    coding,
    level,
    flushBytes,
    flushIntervalMs,
    clock,
  });
  markCoded(response, coding);
  return response;
}

type FlushSettings = Pick<CompressOptions, "flushBytes" | "flushIntervalMs">;

function encodeContent(response: HttpResponse, coding: Coding, level: number | undefined): HttpResponse {
  const compressed = coding.compress(response.content, level);
  // The tag of a 304 says nothing of the size of its 200, so it is weak in either case.
  if (compressed.byteLength >= response.tell()) return weakenTag(response);
  const hadLength = response.headers.has("Content-Length");
  response.content = compressed;
  markCoded(response, coding);
  if (hadLength) response.headers.set("Content-Length", compressed.byteLength);
  return response;
}

function markCoded(response: AnyResponse, coding: Coding): void {
  const { headers } = response;
  for (const name of outdatedHeaders) headers.delete(name);
  if (response.streaming && response.trailers !== undefined)
    response.trailers = withoutOutdated(response.trailers);
  headers.set("Content-Encoding", coding.name);
  weakenTag(response);
}

function withoutOutdated(trailers: ResponseTrailers): ResponseTrailers {
  const names = trailers.names.filter((name) => !outdatedNames.has(name.toLowerCase()));
  return names.length === trailers.names.length ? trailers : { names, values: () => trailers.values() };
}

function weakenTag<R extends AnyResponse>(response: R): R {
  const tag = response.headers.get("ETag");
  if (tag !== undefined) response.headers.set("ETag", weaken(tag));
  return response;
}

/** The same response as a stream of its parts. Closing it closes the original one. */
function makeStream(response: HttpResponse): StreamingHttpResponse {
  const { statusCode, reasonPhrase, headers } = response;
  const stream = new StreamingHttpResponse(response.parts, { statusCode, reasonPhrase, headers });
  if (!headers.has("Content-Type")) stream.headers.delete("Content-Type");
  copyCookies(response, stream);
  stream.onClose(() => response.close());
  return stream;
}
