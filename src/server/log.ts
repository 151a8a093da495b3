import { pino, type Logger } from "pino";
import { LineSink } from "./line-sink.ts";
import { writerTo } from "./log-descriptor.ts";
import type { LogSettings } from "./log-settings.ts";
import { prettyLine } from "./pretty-line.ts";

/** A log that never makes anybody wait. */
export interface Log {
  readonly logger: Logger;
  /** Lines that were dropped, since nobody took them. */
  readonly droppedLines: number;
  /** Resolves when everything is written or dropped, or when the time is over. */
  flush(limitMs: number): Promise<void>;
}

const standardError = 2;

/** How long a process that ends waits for its last lines to be taken. */
export const lastLinesMs = 500;

/**
 * A log to standard error: JSON lines for programs, coloured text for people.
 *
 * pino's own destinations either write before they return, or wait at the exit for a reader that may never come; so lines
 * go through a sink of our own, which drops what it can't write and says how much that was once it can write again.
 */
export function openLog(settings: LogSettings): Log {
  const format = formatter(settings);
  const sink = new LineSink(writerTo(standardError), (lostLines) =>
    logger.warn({ lostLines }, `the log couldn't be written; ${lostLines} lines are lost`),
  );
  const logger = pino(
    { level: settings.level, base: { pid: process.pid } },
    { write: (line) => sink.add(format(line)) },
  );
  return {
    logger,
    get droppedLines() {
      return sink.droppedLines;
    },
    flush: (limitMs) => sink.flush(limitMs),
  };
}

function formatter({ format, color }: LogSettings): (line: string) => string {
  return format === "json" ? (line) => line : (line) => prettyLine(line, color);
}
