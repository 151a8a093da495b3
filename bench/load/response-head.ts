/** The status line and header fields of an answer. */
export interface ResponseHead {
  readonly statusCode: number;
  /** By lower-case name; the values of a repeated field are joined by commas (RFC 9110, section 5.3). */
  readonly headers: ReadonlyMap<string, string>;
}

/** Whether a short request was answered well: with any 2xx, because a health check often answers 204 without a body. */
export function isGoodStatus(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/**
 * The end of a head: a line feed ends a line by itself, too (RFC 9112, section 2.2), since CGI programs write their header
 * fields so, and busybox, mini_httpd and Python's own server pass them on as they are.
 */
const headEnd = /\r?\n\r?\n/g;
/** The most bytes of it that may be in an earlier read. */
const mostHeadEndBefore = 3;
/** The most bytes that a head may have. */
const longestHeadBytes = 64 * 1024;
/** All interim answers together: one a second for hours, but not without an end. */
const mostInterimBytes = 1024 ** 2;

/** Collects the bytes of a head until it is complete; skips interim (1xx) answers before it. */
export class ResponseHeadParser {
  #pending = "";
  #interimBytes = 0;

  /**
   * Takes the bytes from `start` on.
   * @returns the head and where the body begins, or null when more bytes are needed
   * @throws Error with the reason when the bytes are not an answer of HTTP/1.x
   */
  feed(bytes: Buffer, start: number): { readonly head: ResponseHead; readonly bodyStart: number } | null {
    const pendingLength = this.#pending.length;
    // One character per byte, therefore positions in the text are positions in the bytes.
    const text = this.#pending + bytes.toString("latin1", start);
    let at = 0;
    headEnd.lastIndex = Math.max(0, pendingLength - mostHeadEndBefore);
    for (let end = headEnd.exec(text); end !== null; end = headEnd.exec(text)) {
      const head = parseHead(text.slice(at, end.index));
      const length = headEnd.lastIndex - at;
      at += length;
      if (head.statusCode >= 200) {
        this.#pending = "";
        return { head, bodyStart: start + at - pendingLength };
      }
      this.#interimBytes += length;
      if (this.#interimBytes > mostInterimBytes)
        throw new Error("its interim answers (1xx) do not end within 1 MiB");
    }
    this.#pending = text.slice(at);
    if (this.#pending.length > longestHeadBytes)
      throw new Error("its header fields do not end within 64 KiB");
    return null;
  }
}

function parseHead(text: string): ResponseHead {
  // RFC 9112, section 5.2: a line that begins with a blank goes on with the value of the line before.
  const [statusLine = "", ...fields] = text.replaceAll(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine);
  if (status === null)
    throw new Error(`its first line is not an HTTP/1.x status line: ${statusLine.slice(0, 80)}`);
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    if (colon < 1) throw new Error(`a header field has no name: ${field.slice(0, 80)}`);
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { statusCode: Number(status[1]), headers };
}
