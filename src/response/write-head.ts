import { ServerResponse } from "node:http";
import { hasDirective } from "./head/response-headers.ts";
import { keepFraming } from "./keep-framing.ts";
import type { SendHead } from "./send-head.ts";

/**
 * Writes the head of an answer over the headers that handlers and middleware set before. Their cookies and other
 * headers stay; their framing is replaced, also if they set it while the head is written. If it fails, no header of this
 * answer remains on the answer that reports the error.
 */
export function writeHead(res: ServerResponse, head: SendHead): void {
  const earlierCookies = res.getHeader("Set-Cookie");
  const isWrapped = res.writeHead !== ServerResponse.prototype.writeHead;
  const headers = isWrapped && head.statusCode === 206 ? withoutTransforms(res, head.headers) : head.headers;
  try {
    replaceFraming(res, head);
    for (const [name, value] of headers) res.setHeader(name, value);
    // Appended, because a framework's session may have set a cookie already.
    if (head.cookies.length > 0) res.appendHeader("Set-Cookie", head.cookies);
    const write = (): void => void res.writeHead(head.statusCode, head.reasonPhrase);
    if (isWrapped) {
      // A wrapper may put the head off. Node would then write it by these.
      res.statusCode = head.statusCode;
      res.statusMessage = head.reasonPhrase;
      keepFraming(res, write);
    } else write();
  } catch (error) {
    if (!res.headersSent) {
      for (const [name] of headers) res.removeHeader(name);
      if (head.cookies.length > 0) restoreHeader(res, "Set-Cookie", earlierCookies);
    }
    throw error;
  }
}

/**
 * The headers of a part with `no-transform`, which middleware that compresses bodies respects. The Content-Range counts the
 * bytes of the body as it is, so a client would put a compressed part in a wrong place (RFC 9110, section 14.4).
 */
function withoutTransforms(res: ServerResponse, headers: SendHead["headers"]): SendHead["headers"] {
  const own = headers.findLast(([name]) => name.toLowerCase() === "cache-control")?.[1];
  const earlier = own ?? res.getHeader("Cache-Control")?.toString();
  if (hasDirective(earlier, "no-transform")) return headers;
  const value = earlier === undefined ? "no-transform" : `${earlier}, no-transform`;
  return [...headers, ["Cache-Control", value]];
}

/** Removes framing headers that an earlier handler set and that contradict this answer's. */
function replaceFraming(
  res: ServerResponse,
  { promisedBytes, isChunked, trailers, headers }: SendHead,
): void {
  const isLengthKnown = promisedBytes !== undefined || headers.some(([name]) => name === "Content-Length");
  if (!isLengthKnown && res.hasHeader("Content-Length")) res.removeHeader("Content-Length");
  if (trailers === undefined && res.hasHeader("Trailer")) res.removeHeader("Trailer");
  // Node would mark the end of the body by closing the connection if an earlier handler removed this header.
  if (isChunked) res.setHeader("Transfer-Encoding", "chunked");
  else if (res.hasHeader("Transfer-Encoding")) res.removeHeader("Transfer-Encoding");
}

function restoreHeader(
  res: ServerResponse,
  name: string,
  value: ReturnType<ServerResponse["getHeader"]>,
): void {
  if (value === undefined) res.removeHeader(name);
  else res.setHeader(name, value);
}
