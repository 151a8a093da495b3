import { createHash, type Hash } from "node:crypto";
import type { LoadConnection } from "../load-connection.ts";

/** The answer that a client got. */
export interface ReceivedAnswer {
  /** 0 without a complete head. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly trailers: ReadonlyMap<string, string>;
  /**
   * `complete`: the body ended as its framing says; without length or chunks, the connection ended without a reset.
   * `cut`: any other end. `hang`: nothing came for too long. `left`: the client disconnected.
   */
  readonly ending: "complete" | "cut" | "hang" | "left";
  /** How the body's end is marked. */
  readonly framing: "none" | "length" | "chunks" | "close";
  /** The number of bytes of the body as sent. */
  readonly bytes: number;
  readonly sha256: string;
  /** The body itself, if it is small or was requested. */
  readonly content: Buffer | undefined;
  /** The violation in the head or framing. */
  readonly malformed: string | undefined;
}

/** How an answer is read. */
export interface ReadAnswerOptions {
  readonly method: string;
  /** Called with each piece of the body, and awaited; false disconnects. */
  readonly onBody?: (bytes: number) => Promise<boolean>;
  /** Bytes of the body to keep. @default 64 KiB */
  readonly keptBytes?: number;
  readonly silenceMs?: number;
}

const longestHead = 64 * 1024;

/** Reads one HTTP/1.x answer from a connection, framed by RFC 9112, section 6.3. Never rejects. */
export async function readAnswer(
  connection: LoadConnection,
  options: ReadAnswerOptions,
): Promise<ReceivedAnswer> {
  const reading = new AnswerReading(connection, options);
  try {
    await reading.run();
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop;
    reading.ending = stop.ending;
    reading.malformed = stop.malformed;
  }
  return reading.answer();
}

/** Why reading an answer stops. */
class Stop extends Error {
  readonly ending: ReceivedAnswer["ending"];
  readonly malformed: string | undefined;

  constructor(ending: ReceivedAnswer["ending"], malformed?: string) {
    super(ending);
    this.ending = ending;
    this.malformed = malformed;
  }
}

class AnswerReading {
  ending: ReceivedAnswer["ending"] = "complete";
  malformed: string | undefined;
  readonly #connection: LoadConnection;
  readonly #options: ReadAnswerOptions;
  readonly #hash: Hash = createHash("sha256");
  readonly #kept: Buffer[] = [];
  #bytes = 0;
  #isKept = true;
  #status = 0;
  #headers: ReadonlyMap<string, string> = new Map();
  #trailers: ReadonlyMap<string, string> = new Map();
  #framing: ReceivedAnswer["framing"] = "none";

  constructor(connection: LoadConnection, options: ReadAnswerOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  async run(): Promise<void> {
    do await this.#readHead();
    while (this.#status < 200);
    const coding = this.#headers.get("transfer-encoding");
    const length = this.#headers.get("content-length");
    if (this.#options.method === "HEAD" || this.#status === 204 || this.#status === 304) return;
    if (coding !== undefined && length !== undefined)
      throw new Stop("cut", "it has both Transfer-Encoding and Content-Length");
    if (coding !== undefined) await this.#readChunks();
    else if (length !== undefined) await this.#readLength(Number(length));
    else await this.#readToEnd();
  }

  answer(): ReceivedAnswer {
    return {
      status: this.#status,
      headers: this.#headers,
      trailers: this.#trailers,
      ending: this.ending,
      framing: this.#framing,
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      content: this.#isKept ? Buffer.concat(this.#kept) : undefined,
      malformed: this.malformed,
    };
  }

  async #readHead(): Promise<void> {
    const statusLine = await this.#line();
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1];
    if (status === undefined)
      throw new Stop("cut", `its first line is ${JSON.stringify(statusLine.slice(0, 80))}`);
    this.#headers = await this.#fields();
    this.#status = Number(status);
  }

  async #fields(): Promise<ReadonlyMap<string, string>> {
    const fields = new Map<string, string>();
    for (;;) {
      const line = await this.#line();
      if (line === "") return fields;
      const colon = line.indexOf(":");
      if (colon < 1) throw new Stop("cut", `a header field is ${JSON.stringify(line.slice(0, 80))}`);
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
  }

  async #readChunks(): Promise<void> {
    this.#framing = "chunks";
    for (;;) {
      const line = await this.#line();
      const size = /^([0-9a-f]{1,13})$/i.exec(line)?.[1];
      if (size === undefined)
        throw new Stop("cut", `a chunk has the size ${JSON.stringify(line.slice(0, 40))}`);
      const bytes = Number.parseInt(size, 16);
      if (bytes === 0) break;
      await this.#take(bytes);
      if ((await this.#line()) !== "") throw new Stop("cut", "a chunk is longer than its size says");
    }
    this.#trailers = await this.#fields();
  }

  async #readLength(length: number): Promise<void> {
    this.#framing = "length";
    if (!Number.isSafeInteger(length)) throw new Stop("cut", "its Content-Length is not a number");
    await this.#take(length);
  }

  async #readToEnd(): Promise<void> {
    this.#framing = "close";
    for (;;) {
      const arrival = await this.#arrival();
      if (arrival === "end") break;
      await this.#takeBody(arrival);
    }
    if (await this.#connection.wasReset()) throw new Stop("cut");
  }

  async #take(length: number): Promise<void> {
    for (let left = length; left > 0;) {
      const arrival = await this.#arrival();
      if (arrival === "end") throw new Stop("cut");
      this.#connection.putBack(arrival.subarray(left));
      const piece = arrival.subarray(0, left);
      left -= piece.length;
      await this.#takeBody(piece);
    }
  }

  async #takeBody(piece: Buffer): Promise<void> {
    const { keptBytes = 64 * 1024, onBody } = this.#options;
    this.#hash.update(piece);
    this.#bytes += piece.length;
    this.#isKept &&= this.#bytes <= keptBytes;
    if (this.#isKept) this.#kept.push(piece);
    if (onBody !== undefined && !(await onBody(piece.length))) throw new Stop("left");
  }

  async #line(): Promise<string> {
    let line = "";
    for (;;) {
      const arrival = await this.#arrival();
      if (arrival === "end") throw new Stop("cut");
      const end = arrival.indexOf("\n");
      line += arrival.toString("latin1", 0, end === -1 ? undefined : end);
      if (line.length > longestHead) throw new Stop("cut", "a line of its head is too long");
      if (end === -1) continue;
      this.#connection.putBack(arrival.subarray(end + 1));
      if (!line.endsWith("\r")) throw new Stop("cut", "a line of its head doesn't end in CRLF");
      return line.slice(0, -1);
    }
  }

  async #arrival(): Promise<Buffer | "end"> {
    const arrival = await this.#connection.next(this.#options.silenceMs);
    if (arrival === "reset") throw new Stop("cut");
    if (arrival === "silence") throw new Stop("hang");
    return arrival;
  }
}
