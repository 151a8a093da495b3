import type { ServerResponse } from "node:http";
import type { SendHead } from "./send-head.ts";

/**
 * Writes the head of an answer over the headers that handlers and middleware set before. Their cookies and other
 * headers stay; their framing is removed. If it fails, no header of this answer remains on the answer that reports
 * the error.
 */
export function writeHead(res: ServerResponse, head: SendHead): void {
  const earlierCookies = res.getHeader("Set-Cookie");
  try {
    removeFraming(res, head);
    for (const [name, value] of head.headers) res.setHeader(name, value);
    // Appended, because a framework's session may have set a cookie already.
    if (head.cookies.length > 0) res.appendHeader("Set-Cookie", head.cookies);
    res.writeHead(head.statusCode, head.reasonPhrase);
  } catch (error) {
    if (!res.headersSent) {
      for (const [name] of head.headers) res.removeHeader(name);
      if (head.cookies.length > 0) restoreHeader(res, "Set-Cookie", earlierCookies);
    }
    throw error;
  }
}

/** Removes framing headers that an earlier handler set and that contradict this answer's. */
function removeFraming(res: ServerResponse, { promisedBytes, isChunked, trailers, headers }: SendHead): void {
  const isLengthKnown = promisedBytes !== undefined || headers.some(([name]) => name === "Content-Length");
  if (!isLengthKnown && res.hasHeader("Content-Length")) res.removeHeader("Content-Length");
  if (trailers === undefined && res.hasHeader("Trailer")) res.removeHeader("Trailer");
  if (!res.hasHeader("Transfer-Encoding")) return;
  // Without this header, Node would mark the end of the body by closing the connection.
  if (isChunked) res.setHeader("Transfer-Encoding", "chunked");
  else res.removeHeader("Transfer-Encoding");
}

function restoreHeader(
  res: ServerResponse,
  name: string,
  value: ReturnType<ServerResponse["getHeader"]>,
): void {
  if (value === undefined) res.removeHeader(name);
  else res.setHeader(name, value);
}
