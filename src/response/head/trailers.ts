import { BadHeaderError, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";
import { isThenable } from "../../body/chunk-reader.ts";
import { checkHeaderName } from "./header-value.ts";
import { type RequestHead, requestHeader } from "./request-head.ts";
import { type HeadersInput, ResponseHeaders } from "./response-headers.ts";

/** Fields sent after the body, to clients that accept them (RFC 9110, section 6.5). */
export interface ResponseTrailers {
  /** Their names, announced in the head. */
  readonly names: readonly string[];
  /** Their values. Called once, after the whole body is written; a name without a value is left out. */
  values(): Readonly<Record<string, string | number>>;
}

/**
 * Fields that must not follow the body (RFC 9110, section 6.5.1). They frame or route the message, describe the
 * content, or are needed before the content.
 */
const forbiddenNames = new Set([
  "age",
  "authorization",
  "cache-control",
  "connection",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "date",
  "expires",
  "host",
  "keep-alive",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-connection",
  "retry-after",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "vary",
  "warning",
  "www-authenticate",
]);

/**
 * Checks the names of trailers.
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a name that is not a token, or that HTTP doesn't allow after the body
 * @throws TypeError `SCSV_ARG_TYPE` if it is not `{ names, values() }`
 */
export function checkTrailers(trailers: ResponseTrailers | undefined): ResponseTrailers | undefined {
  if (trailers === undefined) return undefined;
  if (!Array.isArray(trailers?.names) || typeof trailers.values !== "function")
    throw wrongType(`trailers is an object with names and values(), not ${describeValue(trailers)}.`);
  for (const name of trailers.names) {
    if (forbiddenNames.has(checkHeaderName(name).toLowerCase())) {
      throw new BadHeaderError(
        `${name} can't be a trailer: a client needs it before the body. Make it a header.`,
      );
    }
  }
  return trailers;
}

/** Whether the client sent `TE: trailers`. */
export function acceptsTrailers(request: RequestHead): boolean {
  const accepted = (requestHeader(request, "te") ?? "").toLowerCase().split(",");
  return accepted.some((entry) => entry.trim() === "trailers");
}

/** The trailers to send, in the order announced; others are left out. */
export function trailerPairs(trailers: ResponseTrailers): [name: string, value: string][] {
  const values: unknown = trailers.values();
  if (isThenable(values))
    throw wrongType(
      "values() of trailers must return an object, not a promise: nothing waits behind the body.",
    );
  const given = new ResponseHeaders(values as HeadersInput);
  return trailers.names.flatMap((name) => {
    const value = given.get(name);
    return value === undefined ? [] : [[name, value]];
  });
}
