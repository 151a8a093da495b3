import type { ResponseHead } from "./response-head.ts";

/** Called with each part of the body: `bytes[start]` up to but not including `bytes[end]`. */
type BodySink = (bytes: Buffer, start: number, end: number) => void;

/** Finds the body in the bytes after a head, and knows where it ends. */
export interface BodyFraming {
  readonly isComplete: boolean;
  /**
   * Takes `bytes[start]` up to `bytes[end]`, and passes the body in it to the sink.
   * @returns where it stopped: before `end` only when the body ended there
   * @throws Error with the reason when the framing is broken
   */
  feed(bytes: Buffer, start: number, end: number, sink: BodySink): number;
  /** What is missing when the connection ends now; null when the connection's end is the end of the body. */
  missing(): string | null;
}

/** Statuses whose answers have no body (RFC 9110, section 6.4.1). */
const withoutBody = new Set([204, 304]);

/**
 * The framing an answer announces (RFC 9112, section 6.3). A body that is neither chunked nor has a length ends with the
 * connection: its end then looks like a cut, so the body has to be compared with one that is known.
 * @throws Error when its transfer coding or its length can't be read
 */
export function framingOf(head: ResponseHead): BodyFraming {
  if (withoutBody.has(head.statusCode)) return new LengthFraming(0);
  const coding = head.headers.get("transfer-encoding");
  // The name that RFC 2616 had for a body without a coding.
  if (coding !== undefined && coding.toLowerCase() !== "identity") {
    if (coding.toLowerCase() === "chunked") return new ChunkedFraming();
    throw new Error(`its transfer coding is "${coding}", and only chunked can be read`);
  }
  const length = head.headers.get("content-length");
  if (length === undefined) return new ConnectionFraming();
  // RFC 9112, section 6.3, rule 5: the same length several times is one, anything else is an error.
  const [value = "", ...others] = length.split(",").map((text) => text.trim());
  if (!/^\d+$/.test(value) || others.some((other) => other !== value))
    throw new Error(`its Content-Length is "${length.slice(0, 40)}", which is not a number of bytes`);
  return new LengthFraming(Number(value));
}

/** RFC 9112, section 6.3, rule 8: whatever comes until the server closes the connection. */
class ConnectionFraming implements BodyFraming {
  readonly isComplete = false;

  feed(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (end > start) sink(bytes, start, end);
    return end;
  }

  missing(): null {
    return null;
  }
}

class LengthFraming implements BodyFraming {
  readonly #length: number;
  #left: number;

  constructor(length: number) {
    this.#length = length;
    this.#left = length;
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  feed(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    const stop = Math.min(end, start + this.#left);
    if (stop > start) sink(bytes, start, stop);
    this.#left -= stop - start;
    return stop;
  }

  missing(): string {
    return `${this.#left} of the ${this.#length} bytes that Content-Length promises`;
  }
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** A chunk extension, or a trailer field such as a signature. */
const longestLine = 16 * 1024;
/** All trailer fields together: as many as a head may have. */
const longestTrailerBytes = 64 * 1024;

/** RFC 9112, section 7.1: size line, data, CRLF, …, a chunk of size zero, trailer fields, empty line. */
class ChunkedFraming implements BodyFraming {
  #state: "size" | "data" | "data-end" | "trailer" | "complete" = "size";
  #left = 0;
  #line = "";
  #trailerBytes = 0;

  get isComplete(): boolean {
    return this.#state === "complete";
  }

  feed(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    let at = start;
    while (at < end && this.#state !== "complete") {
      if (this.#state === "data") {
        const stop = Math.min(end, at + this.#left);
        sink(bytes, at, stop);
        this.#left -= stop - at;
        at = stop;
        if (this.#left === 0) this.#state = "data-end";
      } else {
        at = this.#feedLine(bytes, at, end);
      }
    }
    return at;
  }

  missing(): string {
    return this.#state === "data" ? `${this.#left} bytes of a chunk, and the last chunk` : "the last chunk";
  }

  /** Collects a line, which may come in pieces, and acts on it when it is complete. */
  #feedLine(bytes: Buffer, start: number, end: number): number {
    const found = bytes.indexOf(lineFeed, start);
    const isWhole = found !== -1 && found < end;
    const stop = isWhole ? found : end;
    this.#line += bytes.toString("latin1", start, stop);
    if (this.#line.length > longestLine) throw new Error("a line of its chunked framing is too long");
    if (!isWhole) return end;
    if (this.#line.charCodeAt(this.#line.length - 1) !== carriageReturn) {
      throw new Error(
        `a line of its chunked framing does not end in CRLF: ${JSON.stringify(this.#line.slice(0, 40))}`,
      );
    }
    const line = this.#line.slice(0, -1);
    this.#line = "";
    this.#act(line);
    return stop + 1;
  }

  #act(line: string): void {
    if (this.#state === "size") {
      const size = /^0*([0-9a-f]{1,13})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
      if (size === undefined) throw new Error(`a chunk has no size: ${JSON.stringify(line.slice(0, 40))}`);
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? "trailer" : "data";
    } else if (this.#state === "data-end") {
      if (line !== "") throw new Error("a chunk is longer than its size says");
      this.#state = "size";
    } else if (line === "") {
      this.#state = "complete";
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > longestTrailerBytes)
        throw new Error("its trailer fields do not end within 64 KiB");
    }
  }
}
