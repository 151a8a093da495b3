import { ServerResponse } from "node:http";
import { keepFraming } from "./keep-framing.ts";
import type { SendHead } from "./send-head.ts";

/**
 * Writes the head of an answer over the headers that handlers and middleware set before. Their cookies and other
 * headers stay; their framing is replaced, also if they set it while the head is written. If it fails, no header of this
 * answer remains on the answer that reports the error.
 */
export function writeHead(res: ServerResponse, head: SendHead): void {
  const earlierCookies = res.getHeader("Set-Cookie");
  try {
    replaceFraming(res, head);
    for (const [name, value] of head.headers) res.setHeader(name, value);
    // Appended, because a framework's session may have set a cookie already.
    if (head.cookies.length > 0) res.appendHeader("Set-Cookie", head.cookies);
    const write = (): void => void res.writeHead(head.statusCode, head.reasonPhrase);
    if (res.writeHead === ServerResponse.prototype.writeHead) write();
    else keepFraming(res, write);
  } catch (error) {
    if (!res.headersSent) {
      for (const [name] of head.headers) res.removeHeader(name);
      if (head.cookies.length > 0) restoreHeader(res, "Set-Cookie", earlierCookies);
    }
    throw error;
  }
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
