import type { ServerResponse } from "node:http";
import type { SendHead } from "./send-head.ts";

/**
 * Writes the head of an answer over whatever handlers and middleware have set before: their cookies and other headers stay,
 * their framing doesn't. When it fails, nothing of this answer is left for the one that reports the error.
 */
export function writeHead(res: ServerResponse, head: SendHead): void {
  const earlierCookies = res.getHeader("Set-Cookie");
  try {
    removeFraming(res, head);
    for (const [name, value] of head.headers) res.setHeader(name, value);
    // Appended, since a framework's session may have set one already.
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

/** Takes away the framing that a handler before left on the answer, which would contradict this one's. */
function removeFraming(res: ServerResponse, { promisedBytes, isChunked, trailers, headers }: SendHead): void {
  const isLengthKnown = promisedBytes !== undefined || headers.some(([name]) => name === "Content-Length");
  if (!isLengthKnown && res.hasHeader("Content-Length")) res.removeHeader("Content-Length");
  if (trailers === undefined && res.hasHeader("Trailer")) res.removeHeader("Trailer");
  if (!res.hasHeader("Transfer-Encoding")) return;
  // Removed, Node would frame the body by the connection's end.
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
