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

/** The end of a head in an answer, and the most bytes one may have. */
const headEnd = "\r\n\r\n";
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
    let end = text.indexOf(headEnd, Math.max(0, pendingLength - headEnd.length));
    while (end !== -1) {
      const head = parseHead(text.slice(at, end));
      const length = end + headEnd.length - at;
      at += length;
      if (head.statusCode >= 200) {
        this.#pending = "";
        return { head, bodyStart: start + at - pendingLength };
      }
      this.#interimBytes += length;
      if (this.#interimBytes > mostInterimBytes)
        throw new Error("its interim answers (1xx) do not end within 1 MiB");
      end = text.indexOf(headEnd, at);
    }
    this.#pending = text.slice(at);
    if (this.#pending.length > longestHeadBytes)
      throw new Error("its header fields do not end within 64 KiB");
    return null;
  }
}

function parseHead(text: string): ResponseHead {
  const [statusLine = "", ...fields] = text.split("\r\n");
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
