import { closeSync, constants, openSync } from "node:fs";
import { open, truncate } from "node:fs/promises";
import { Socket } from "node:net";
import type { Disk } from "./disks.ts";
import type { RunRecord } from "../record.ts";

/** Where a server writes its log: a pipe that is read, or a file on a small disk. */
export type LogDestination = "pipe" | "file";

/** Reads the log of a server by one of its two ways, checks every line, and can be made to fail. */
export interface LogReader {
  /** What the shell around the server redirects standard error to. */
  readonly redirection: string;
  /** Stops reading until it is told to go on. */
  setReading(isReading: boolean): void;
  /** Closes the pipe, or opens it again; a file isn't closed by anybody. */
  setOpen(isOpen: boolean): void;
  close(): Promise<void>;
}

const pollMs = 250;
/** A log file is cut back to nothing when it has been read so far, as log rotation by copying does. */
const mostFileBytes = 2 * 1024 ** 2;

/** Reads a named pipe. Opened for writing too, so that it has no end when the server ends. */
export function readPipe(path: string, lines: LogLines): LogReader {
  let socket: Socket | undefined;
  const setOpen = (isOpen: boolean): void => {
    if (!isOpen) socket?.destroy();
    socket = undefined;
    if (!isOpen) return;
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      socket = new Socket({ fd, readable: true, writable: false });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    socket.setEncoding("utf8").on("data", (text: string) => lines.take(text));
    socket.on("error", () => undefined);
  };
  setOpen(true);
  return {
    redirection: path,
    setReading: (isReading) => void (isReading ? socket?.resume() : socket?.pause()),
    setOpen,
    close() {
      setOpen(false);
      return Promise.resolve();
    },
  };
}

/** Follows a file on a disk. */
export function readLogFile(disk: Disk, name: string, lines: LogLines): LogReader {
  const path = `${disk.outside}/${name}`;
  let offset = 0;
  let isReading = true;
  const poll = async (): Promise<void> => {
    const file = await open(path, "r").catch(() => undefined);
    if (file === undefined) return;
    try {
      const { size } = await file.stat();
      if (size < offset) offset = 0;
      const { bytesRead, buffer } = await file.read(Buffer.alloc(size - offset), 0, size - offset, offset);
      offset += bytesRead;
      lines.take(buffer.toString("utf8", 0, bytesRead));
    } finally {
      await file.close();
    }
    if (offset < mostFileBytes) return;
    await truncate(path, 0);
    offset = 0;
  };
  let polling = Promise.resolve();
  const timer = setInterval(() => {
    if (isReading) polling = polling.then(poll, () => undefined);
  }, pollMs);
  return {
    redirection: `${disk.folder}/${name}`,
    setReading: (value) => void (isReading = value),
    setOpen: () => undefined,
    async close() {
      clearInterval(timer);
      await polling;
      await poll().catch(() => undefined);
    },
  };
}

const keptLines = 12;
const longestEvidence = 600;
/** In pino's levels: what isn't just information. */
const warning = 40;
/** What was held back by a log fault may come so long after its end. */
const afterFaultMs = 5000;

/** The lines of a log as they come; each must be JSON, and none may tell of a fault that nobody foresaw. */
export class LogLines {
  readonly #record: RunRecord;
  readonly #nowMs: () => number;
  readonly #last: string[] = [];
  #rest = "";
  #tornUntilMs = 0;
  #count = 0;

  constructor(record: RunRecord, nowMs: () => number) {
    this.#record = record;
    this.#nowMs = nowMs;
  }

  /** How many lines there were. */
  get count(): number {
    return this.#count;
  }

  /** The last lines that tell of trouble, for evidence. */
  get troubles(): string {
    return this.#last.join("\n");
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#takeLine(line);
  }

  /** Until so long after now a line may be torn: its other half didn't fit on the disk or into the pipe. */
  allowTorn(forMs: number): void {
    this.#tornUntilMs = Math.max(this.#tornUntilMs, this.#nowMs() + forMs + afterFaultMs);
  }

  /** A server has ended, and may have been killed in the midst of a line. */
  endServer(): void {
    this.#rest = "";
    this.allowTorn(0);
  }

  #takeLine(line: string): void {
    this.#count += 1;
    let level: number | undefined;
    try {
      ({ level } = JSON.parse(line) as { readonly level?: number });
    } catch {
      this.#keep(line);
      if (this.#nowMs() < this.#tornUntilMs) this.#record.answer("log", "torn line");
      else this.#record.finding("a log line isn't JSON", this.troubles);
      return;
    }
    this.#record.answer("log", `level ${level ?? "?"}`);
    if (level === undefined || level >= warning) this.#keep(line);
    if (line.includes("SCSV_INTERNAL"))
      this.#record.finding(
        "the log has SCSV_INTERNAL, a fault nobody foresaw",
        line.slice(0, longestEvidence),
      );
  }

  #keep(line: string): void {
    this.#last.push(line.slice(0, longestEvidence));
    if (this.#last.length > keptLines) this.#last.shift();
  }
}
