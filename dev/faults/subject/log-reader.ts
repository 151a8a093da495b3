import { closeSync, constants, openSync } from "node:fs";
import { open, truncate } from "node:fs/promises";
import { Socket } from "node:net";
import type { Disk } from "./disks.ts";
import type { RunRecord } from "../record.ts";

/** The destination of a server's log: a pipe, or a file on a small disk. */
export type LogDestination = "pipe" | "file";

/** Reads the log of a server from a pipe or file, checks every line, and can be made to fail. */
export interface LogReader {
  /** The path to which the shell redirects the server's standard error. */
  readonly redirection: string;
  /** Stops reading until it is resumed. */
  setReading(isReading: boolean): void;
  /** Closes the pipe, or opens it again; a file is never closed. */
  setOpen(isOpen: boolean): void;
  close(): Promise<void>;
}

const pollMs = 250;
/** A log file is truncated when this much has been read, as log rotation with copytruncate does. */
const mostFileBytes = 2 * 1024 ** 2;

/** Reads a named pipe. It is opened for writing too, so that it doesn't end with the server. */
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
/** pino's level from which a line is more than information. */
const warning = 40;
/** Lines that a log fault delayed may arrive this long after its end. */
const afterFaultMs = 5000;

/** Checks the lines of a log as they arrive: each must be JSON, and none may report an unexpected fault. */
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

  /** Number of lines so far. */
  get count(): number {
    return this.#count;
  }

  /** The last warnings and errors, as evidence. */
  get troubles(): string {
    return this.#last.join("\n");
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#takeLine(line);
  }

  /** Accepts torn lines until this long from now: the rest of a line didn't fit on the disk or into the pipe. */
  allowTorn(forMs: number): void {
    this.#tornUntilMs = Math.max(this.#tornUntilMs, this.#nowMs() + forMs + afterFaultMs);
  }

  /** A server has ended; it may have been killed in the middle of a line. */
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
