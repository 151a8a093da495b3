import { type Clock, systemClock } from "../../clock.ts";
import { checkOptionNames, requireClock } from "../../check-arguments.ts";
import { type AnyResponse, requireResponse } from "../any-response.ts";
import { hashEntityTag, matchesStrongly, matchesWeakly, parseEntityTags } from "../head/entity-tag.ts";
import { parseHttpDate } from "../head/http-date.ts";
import { type RequestHead, requestHeader, requestMethod, requireRequestHead } from "../head/request-head.ts";
import { hasDirective } from "../head/response-headers.ts";
import { HttpResponse } from "../http-response.ts";
import { copyCookies } from "../http-response-base.ts";
import type { ResponseTransform } from "./response-transform.ts";

/** Options of {@link conditionalGet}. */
export interface ConditionalGetOptions {
  /** Decides the century of a date with a two-digit year. @default the machine's clock */
  readonly clock?: Clock;
}

const optionNames: readonly (keyof ConditionalGetOptions)[] = ["clock"];

/** Headers that a 304 repeats from the response it replaces (RFC 9110, section 15.4.5); Last-Modified is optional. */
const keptHeaders = ["Cache-Control", "Content-Location", "Date", "ETag", "Expires", "Last-Modified", "Vary"];

/**
 * Makes a transform that answers a conditional GET or HEAD with 304 or 412 if its conditions say so (RFC 9110,
 * section 13).
 *
 * Conditions are evaluated in the order of the RFC: If-Match, else If-Unmodified-Since; then If-None-Match, else
 * If-Modified-Since. A date in none of HTTP's three forms counts as absent. Only responses with a 2xx status are
 * considered. Buffered content without an ETag gets a strong one, its SHA-256, unless Cache-Control says `no-store`.
 * A stream is never read; only the ETag or Last-Modified it already has counts. A replaced response is closed at
 * once, and its cookies are kept.
 * @param options - a clock, for tests
 * @throws TypeError `SCSV_ARG_TYPE` for an option of the wrong type, RangeError `SCSV_ARG_RANGE` for an unknown one; from the
 *   transform a TypeError for a value that is not a request or not a response
 * @example
 * ```js
 * import { conditionalGet, HttpResponse } from "stream-csv";
 *
 * const transform = conditionalGet();
 * const first = transform({ method: "GET", headers: {} }, new HttpResponse("pong"));
 * const headers = { "if-none-match": first.headers.get("ETag") };
 * console.log(transform({ method: "GET", headers }, new HttpResponse("pong")).statusCode);
 * ```
 *
 * ```text
 * 304
 * ```
 */
export function conditionalGet(options: ConditionalGetOptions = {}): ResponseTransform {
  checkOptionNames("conditionalGet()", options, optionNames);
  const { clock = systemClock } = options;
  requireClock(clock);
  return (request, response) => {
    requireRequestHead("conditionalGet()", request);
    requireResponse("conditionalGet()", response);
    const method = requestMethod(request);
    const isSuccess = response.statusCode >= 200 && response.statusCode < 300;
    if (!isSuccess || (method !== "GET" && method !== "HEAD")) return response;
    addEntityTag(response);
    const statusCode = judge(request, response, clock.wallMs());
    return statusCode === undefined ? response : replace(response, statusCode);
  };
}

function addEntityTag(response: AnyResponse): void {
  if (response.streaming || response.tell() === 0 || response.headers.has("ETag")) return;
  if (hasDirective(response.headers.get("Cache-Control"), "no-store")) return;
  response.headers.set("ETag", hashEntityTag(response.parts));
}

/** The status that the conditions require instead, if any. */
function judge(request: RequestHead, response: AnyResponse, nowMs: number): 304 | 412 | undefined {
  const parseDate = (text = ""): number | undefined => parseHttpDate(text, nowMs);
  const tag = response.headers.get("ETag");
  const modifiedMs = parseDate(response.headers.get("Last-Modified"));
  const ifMatch = requestHeader(request, "if-match");
  const ifUnmodifiedMs = parseDate(requestHeader(request, "if-unmodified-since"));
  const ifNoneMatch = requestHeader(request, "if-none-match");
  const ifModifiedMs = parseDate(requestHeader(request, "if-modified-since"));

  if (ifMatch !== undefined) {
    if (!passesIfMatch(ifMatch, tag)) return 412;
  } else if (ifUnmodifiedMs !== undefined && modifiedMs !== undefined && modifiedMs > ifUnmodifiedMs) {
    return 412;
  }
  if (ifNoneMatch !== undefined) return tag !== undefined && isListed(ifNoneMatch, tag) ? 304 : undefined;
  return ifModifiedMs !== undefined && modifiedMs !== undefined && modifiedMs <= ifModifiedMs
    ? 304
    : undefined;
}

function passesIfMatch(field: string, tag: string | undefined): boolean {
  const tags = parseEntityTags(field);
  return tags === "*" || tags.some((each) => matchesStrongly(each, tag ?? ""));
}

function isListed(field: string, tag: string): boolean {
  const tags = parseEntityTags(field);
  return tags === "*" || tags.some((each) => matchesWeakly(each, tag));
}

/** The response that each 304 replaced, so that a later transform knows how its 200 would look. */
const replaced = new WeakMap<AnyResponse, AnyResponse>();

/** The closed response that a 304 of {@link conditionalGet} replaced. */
export function replacedBy(response: AnyResponse): AnyResponse | undefined {
  return replaced.get(response);
}

function replace(response: AnyResponse, statusCode: 304 | 412): HttpResponse {
  const replacement = new HttpResponse(undefined, { statusCode });
  replaced.set(replacement, response);
  replacement.headers.delete("Content-Type");
  if (statusCode === 304) {
    for (const [name, value] of response.headers) {
      if (keptHeaders.some((kept) => kept.toLowerCase() === name.toLowerCase()))
        replacement.headers.set(name, value);
    }
  }
  copyCookies(response, replacement);
  // Closed now, because it may hold a file open. Closing the replacement waits for this.
  const closing = response.close();
  replacement.onClose(() => closing);
  return replacement;
}
