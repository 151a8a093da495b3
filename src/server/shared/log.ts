import { pino, type Logger } from "pino";
import { LineSink } from "./line-sink.ts";
import { writerTo } from "./log-descriptor.ts";
import type { LogSettings } from "./log-settings.ts";
import { prettyLine } from "./pretty-line.ts";

/** A log whose writes never wait. */
export interface Log {
  readonly logger: Logger;
  /** Number of lines dropped because nobody read them in time. */
  readonly droppedLines: number;
  /** Resolves when everything is written or dropped, or when the time is over. */
  flush(limitMs: number): Promise<void>;
}

const standardError = 2;

/** How long an ending process waits until its last lines are written. */
export const lastLinesMs = 500;

/**
 * A log to standard error: JSON lines for programs, coloured text for people.
 *
 * pino's destinations either write synchronously, or wait at the exit for a reader that may never come. Therefore
 * lines go through a `LineSink`, which drops lines it can't write, and logs their number when it can write again.
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
