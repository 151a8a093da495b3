// Long because a reading is one state: socket, framing, schedule and outcome change together at every read, and every read is timed.

import { connect, isIP, type Socket } from "node:net";
import { connect as connectSecurely, type ConnectionOptions } from "node:tls";
import { crc32 } from "node:zlib";
import { isConnected, StreamCsvError, type Clock, systemClock, messageOf } from "../../src/ground.ts";
import type { RequestForm } from "../http/start-request.ts";
import { trustedCertificates } from "../http/trusted-certificates.ts";
import { BodyCheck, type BodyContent } from "./body-check.ts";
import { framingOf, type BodyFraming } from "./body-framing.ts";
import type { GapRecorder, Gaps } from "./gap-recorder.ts";
import type { LineChecksums } from "./line-comparison.ts";
import { ResponseHeadParser, type ResponseHead } from "./response-head.ts";

/** How to read an export. */
export interface ReadExportOptions extends RequestForm {
  /** Gives up and closes the connection; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Reads no faster than this, on a schedule from the first byte on, so that delays of timers do not add up. After a pause
   * of the server, at most a quarter of a second is caught up, as on a slow line.
   * @default undefined: as fast as it comes
   */
  readonly bytesPerSecond?: number;
  /**
   * After this many bytes of the body a throttled reading goes on at full speed. Bytes in the kernel no longer hold the
   * server, so a client that should hold it for a certain time has to read the rest quickly.
   */
  readonly hurryAfterBytes?: number;
  /** Called with the bytes of the body so far, at every read. */
  readonly onRead?: (bodyBytes: number) => void;
  /** Closes the connection after this many bytes of the body; of a refusal it is refused then. */
  readonly leaveAfterBytes?: number;
  /**
   * Hashes the body and counts its records. That costs more than reading, so it must not be done while timing.
   * @default false
   */
  readonly check?: boolean;
  /**
   * Counts its records without hashing it, which a body needs whose bytes may differ from request to request.
   * @default false
   */
  readonly count?: boolean;
  /** Beside the check, keeps checksums of the lines, and compares them with those of an earlier body where there are. */
  readonly compareLines?: { readonly earlier: LineChecksums | null };
  /**
   * Takes the CRC-32 of the body. It costs 0.4 ns a byte, little enough for timed bodies, and finds what a count of bytes
   * can't, such as two rows that changed places.
   * @default false
   */
  readonly checksum?: boolean;
  /**
   * Fails when nothing comes for this long.
   * @default 60000
   */
  readonly idleTimeoutMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** What was read. Times are in milliseconds since connecting began. */
export interface ExportReading {
  /** `complete`: to its clean end; `left`: closed by {@link ReadExportOptions.leaveAfterBytes}; `refused`: no 200. */
  readonly state: "complete" | "left" | "refused";
  readonly head: ResponseHead;
  /** Bytes of the body, without chunk sizes and header fields. */
  readonly bodyBytes: number;
  readonly firstByteMs: number | null;
  readonly totalMs: number;
  readonly gaps: Gaps;
  /** The times between two reads by their share: x from 0 to 1, y in seconds; empty with fewer than two reads. */
  readonly gapQuantiles: readonly (readonly [x: number, y: number])[];
  /** What the body contains, when `check` was set and the body is complete. */
  readonly content: BodyContent | null;
  /** CRC-32 of the body, when `checksum` was set. */
  readonly crc32: number | null;
  /** The beginning of the body of a refusal, which says why; otherwise empty. */
  readonly problem: string;
  /** Whether the body ended with the connection, so that its end looks like a cut. */
  readonly endedWithConnection: boolean;
}

const fastBufferBytes = 256 * 1024;
const keptProblemBytes = 4096;
/** How long a server may take to close after the last byte before the reader does. */
const closeGraceMs = 1000;
const longestCatchUpMs = 250;

/**
 * Reads one export over a connection of its own (HTTP/1.1, `Connection: close`), into one reused buffer, so that neither
 * bodies nor chunks pile up in the reader.
 *
 * A body is complete with its last chunk, or its exact length, and nothing after it; without either it is complete when
 * the server closes the connection.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the connection is refused, ends early, stalls, carries more
 *   than it announced or is not HTTP/1.1; the message names the address and the reason
 */
export async function readExport(url: URL, options: ReadExportOptions = {}): Promise<ExportReading> {
  // Loaded only now, because it is the heaviest module of the bench, and servers import the bench only to count.
  const { GapRecorder } = await import("./gap-recorder.ts");
  return await new Promise((resolve, reject) => {
    options.signal?.throwIfAborted();
    new Reading(url, options, new GapRecorder()).start(resolve, reject);
  });
}

/** One reading in progress: the socket, and how much of the answer is parsed. */
class Reading {
  readonly #url: URL;
  readonly #options: ReadExportOptions;
  readonly #clock: Clock;
  readonly #headParser = new ResponseHeadParser();
  readonly #gaps: GapRecorder;
  readonly #check: BodyCheck | null;
  readonly #startMs: number;
  #socket: Socket | undefined;
  #head: ResponseHead | undefined;
  #framing: BodyFraming | undefined;
  #bodyBytes = 0;
  #crc32 = 0;
  #firstByteMs: number | null = null;
  #problem = "";
  /** When the next byte is due for a throttled reader, since the start. */
  #dueMs = 0;
  #resumption: NodeJS.Timeout | undefined;
  /** Settled: what the promise becomes once the socket has closed. */
  #outcome: { readonly reading: ExportReading } | { readonly fault: unknown } | undefined;

  constructor(url: URL, options: ReadExportOptions, gaps: GapRecorder) {
    this.#url = url;
    this.#options = options;
    this.#gaps = gaps;
    this.#clock = options.clock ?? systemClock;
    const isHashed = options.check === true;
    const { compareLines } = options;
    this.#check =
      isHashed || options.count === true
        ? new BodyCheck({ isHashed, ...(compareLines === undefined ? {} : { comparison: compareLines }) })
        : null;
    this.#startMs = this.#clock.nowMs();
  }

  start(resolve: (reading: ExportReading) => void, reject: (fault: unknown) => void): void {
    const buffer = Buffer.allocUnsafeSlow(this.#bufferBytes());
    const socket = this.#connect(buffer);
    this.#socket = socket;
    const { signal, idleTimeoutMs = 60_000 } = this.#options;
    const abort = (): void => this.#settle({ fault: signal?.reason });
    signal?.addEventListener("abort", abort, { once: true });
    socket.setNoDelay(true);
    socket.setTimeout(idleTimeoutMs, () => this.#fail(`nothing came for ${idleTimeoutMs} ms`));
    socket.on("error", (cause) => this.#fail(this.#lateReason(cause.message), cause));
    socket.on("end", () => this.#onEnd(socket));
    socket.on("close", () => {
      signal?.removeEventListener("abort", abort);
      clearTimeout(this.#resumption);
      this.#fail(this.#lateReason("the connection closed"));
      if (this.#outcome !== undefined && "reading" in this.#outcome) resolve(this.#outcome.reading);
      else reject(this.#outcome?.fault);
    });
    socket.write(requestText(this.#url, this.#options));
  }

  #connect(buffer: Buffer): Socket {
    const { hostname, port, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, "");
    const onread = {
      buffer,
      callback: (length: number): boolean => this.#onBytes(buffer, length),
    };
    if (protocol !== "https:") return connect({ host, port: Number(port) || 80, onread });
    // node:tls passes onread on to the socket, which its types don't say.
    const options: ConnectionOptions & { readonly onread: typeof onread } = {
      host,
      port: Number(port) || 443,
      ca: [...trustedCertificates()],
      ALPNProtocols: ["http/1.1"],
      // A name of the certificate, which an address is not.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      onread,
    };
    return connectSecurely(options);
  }

  /** The server closed its side: the end of a body that has no other, and a cut of any other. */
  #onEnd(socket: Socket): void {
    const isWhole = this.#framing !== undefined && this.#framing.missing() === null;
    if (!isConnected(socket)) this.#fail(this.#lateReason("the connection was reset"));
    else if (isWhole && this.#head !== undefined && this.#outcome === undefined) {
      this.#finish(this.#head.statusCode === 200 ? "complete" : "refused", this.#head);
      socket.destroy();
    } else this.#fail(this.#lateReason("the connection ended"));
  }

  /** A throttled reader reads little at a time, fifty times a second, so that it reads evenly instead of in bursts. */
  #bufferBytes(): number {
    const { bytesPerSecond } = this.#options;
    if (bytesPerSecond === undefined) return fastBufferBytes;
    return Math.min(fastBufferBytes, Math.max(256, Math.round(bytesPerSecond / 50)));
  }

  /** @returns false to pause the socket */
  #onBytes(buffer: Buffer, length: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.#outcome !== undefined) {
      // The reading is settled and waits for the server to close; a byte more means the end was announced wrongly.
      if ("reading" in this.#outcome && this.#outcome.reading.state === "complete") {
        this.#outcome = undefined;
        this.#fail("it sent more bytes than it announced");
      }
      return true;
    }
    const bytesBefore = this.#bodyBytes;
    try {
      this.#understand(buffer, length, nowMs);
    } catch (cause) {
      this.#fail(messageOf(cause), cause);
    }
    return this.#outcome !== undefined || this.#mayReadOn(this.#bodyBytes - bytesBefore, nowMs);
  }

  #understand(buffer: Buffer, length: number, nowMs: number): void {
    let at = 0;
    if (this.#framing === undefined || this.#head === undefined) {
      const parsed = this.#headParser.feed(buffer.subarray(0, length), 0);
      if (parsed === null) return;
      this.#head = parsed.head;
      this.#framing = framingOf(parsed.head);
      at = parsed.bodyStart;
    }
    const before = this.#bodyBytes;
    const stop = this.#framing.feed(buffer, at, length, this.#take);
    if (this.#bodyBytes > before) {
      if (this.#firstByteMs === null) {
        this.#firstByteMs = nowMs - this.#startMs;
        this.#dueMs = this.#firstByteMs;
      }
      this.#gaps.note(nowMs);
      this.#options.onRead?.(this.#bodyBytes);
    }
    if (this.#framing.isComplete) {
      if (stop < length) throw new Error("it sent more bytes than it announced");
      this.#finish(this.#head.statusCode === 200 ? "complete" : "refused", this.#head);
    } else if (this.#bodyBytes >= (this.#options.leaveAfterBytes ?? Number.POSITIVE_INFINITY)) {
      this.#finish(this.#head.statusCode === 200 ? "left" : "refused", this.#head);
      this.#socket?.destroy();
    }
  }

  readonly #take = (bytes: Buffer, start: number, end: number): void => {
    this.#bodyBytes += end - start;
    this.#check?.feed(bytes, start, end);
    if (this.#options.checksum === true) this.#crc32 = crc32(bytes.subarray(start, end), this.#crc32);
    if (this.#head?.statusCode !== 200 && this.#problem.length < keptProblemBytes) {
      this.#problem += bytes.toString("utf8", start, Math.min(end, start + keptProblemBytes));
    }
  };

  #finish(state: ExportReading["state"], head: ResponseHead): void {
    const totalMs = this.#clock.nowMs() - this.#startMs;
    this.#outcome = {
      reading: {
        state,
        head,
        bodyBytes: this.#bodyBytes,
        firstByteMs: this.#firstByteMs,
        totalMs,
        gaps: this.#gaps.summary(),
        gapQuantiles: this.#gaps.quantiles(),
        content: state === "complete" ? (this.#check?.finish() ?? null) : null,
        crc32: this.#options.checksum === true ? this.#crc32 : null,
        problem: this.#problem,
        endedWithConnection: this.#framing?.missing() === null,
      },
    };
    // The server was asked to close. The answer is complete even when it does not.
    this.#socket?.setTimeout(closeGraceMs, () => this.#socket?.destroy());
  }

  /** Keeps the schedule of a throttled reader, in which every byte is due a fixed time after the one before. */
  #mayReadOn(newBytes: number, nowMs: number): boolean {
    const { bytesPerSecond } = this.#options;
    const isHurrying = this.#bodyBytes >= (this.#options.hurryAfterBytes ?? Number.POSITIVE_INFINITY);
    if (bytesPerSecond === undefined || newBytes === 0 || isHurrying) return true;
    const elapsedMs = nowMs - this.#startMs;
    this.#dueMs = Math.max(this.#dueMs, elapsedMs - longestCatchUpMs) + (newBytes / bytesPerSecond) * 1000;
    const waitMs = this.#dueMs - elapsedMs;
    if (waitMs < 1) return true;
    this.#resumption = setTimeout(() => this.#socket?.resume(), waitMs);
    return false;
  }

  #lateReason(event: string): string {
    if (this.#head === undefined) return `${event} before an answer came`;
    const missing = this.#framing === undefined ? "all" : this.#framing.missing();
    const what = missing === null ? "" : `; missing: ${missing}`;
    return `${event} after ${this.#bodyBytes} bytes of the body${what}`;
  }

  #fail(reason: string, cause?: unknown): void {
    const message = `Reading ${this.#url.href} failed: ${reason}.`;
    this.#settle({ fault: new StreamCsvError("SCSV_MEASUREMENT_INVALID", message, { cause }) });
  }

  /** Only the first outcome counts. */
  #settle(outcome: { readonly fault: unknown }): void {
    this.#outcome ??= outcome;
    this.#socket?.destroy();
  }
}

/** The request line, header fields and body. */
function requestText(
  { pathname, search, host }: URL,
  { method = "GET", headers = {}, body }: RequestForm,
): string {
  const own: Record<string, string> = { Host: host, Accept: "*/*", Connection: "close" };
  const text = body ?? "";
  if (text !== "" || !["GET", "HEAD"].includes(method))
    own["Content-Length"] = String(Buffer.byteLength(text));
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const fields = [
    ...Object.entries(own).filter(([name]) => !given.has(name.toLowerCase())),
    ...Object.entries(headers),
  ];
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${pathname}${search} HTTP/1.1\r\n${lines}\r\n${text}`;
}
