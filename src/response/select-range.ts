import { matchesStrongly } from "./head/entity-tag.ts";
import { splitList } from "./head/split-list.ts";
import { type RequestHead, requestHeader, requestMethod } from "./head/request-head.ts";
import type { ResponseHeaders } from "./head/response-headers.ts";

/** A range of bytes: from `start` up to but not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * One range: `first-last`, `first-` or `-length`. Runs of spaces always have another character between them, so
 * matching is linear.
 */
const oneRange = /^bytes\s*=\s*(?:(?<first>\d+)\s*-\s*(?<last>\d+)?|-\s*(?<suffix>\d+))$/i;

/**
 * The part of `size` bytes that a request asks for (RFC 9110, section 14): a range, everything (undefined), or an
 * unsatisfiable range. Only a GET can ask for a range, and only if the response has `Accept-Ranges: bytes`. Several
 * ranges, another unit, a malformed header, and an If-Range that doesn't match exactly all mean everything.
 */
export function selectRange(
  request: RequestHead,
  headers: ResponseHeaders,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const field = requestHeader(request, "range");
  if (field === undefined || requestMethod(request) !== "GET" || !acceptsRanges(headers)) return undefined;
  const groups = oneRange.exec(field.trim())?.groups;
  if (groups === undefined || !passesIfRange(request, headers)) return undefined;
  const { first, last, suffix } = groups;
  if (first === undefined) return within(Math.max(0, size - Number(suffix)), size, size);
  if (last !== undefined && Number(last) < Number(first)) return undefined;
  return within(Number(first), last === undefined ? size : Number(last) + 1, size);
}

function within(start: number, end: number, size: number): ByteRange | "unsatisfiable" {
  return start >= size ? "unsatisfiable" : { start, end: Math.min(end, size) };
}

function acceptsRanges(headers: ResponseHeaders): boolean {
  return splitList(headers.get("Accept-Ranges") ?? "").some((unit) => unit.toLowerCase() === "bytes");
}

/** A client may join this part to its own only if both come from the same bytes. */
function passesIfRange(request: RequestHead, headers: ResponseHeaders): boolean {
  const field = requestHeader(request, "if-range")?.trim();
  if (field === undefined) return true;
  return field.includes('"')
    ? matchesStrongly(field, headers.get("ETag") ?? "")
    : field === headers.get("Last-Modified");
}
