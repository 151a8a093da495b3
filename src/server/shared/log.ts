import { pino, type Logger } from "pino";
import { LineSink } from "./line-sink.ts";
import { writerTo } from "./log-descriptor.ts";
import type { LogSettings } from "./log-settings.ts";
import { prettyLine } from "./pretty-line.ts";
import { RepeatLimit, type LineFacts, type LineFields } from "./repeat-limit.ts";

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
  const limit = new RepeatLimit(({ first, count, seconds }) => {
    const { code, status }: LineFields = first.fields;
    const kind = { ...(code === undefined ? {} : { code }), ...(status === undefined ? {} : { status }) };
    // Past the limit, which would count this line as well.
    const { level, message: msg } = first;
    const line = {
      level,
      time: Date.now(),
      pid: process.pid,
      ...kind,
      repeats: count,
      seconds,
      msg,
    };
    sink.add(format(`${JSON.stringify(line)}\n`));
  });
  const logger = pino(
    {
      level: settings.level,
      base: { pid: process.pid },
      hooks: {
        logMethod(args, method, level) {
          if (limit.admits(factsOf(args, level))) method.apply(this, args);
        },
      },
    },
    { write: (line) => sink.add(format(line)) },
  );
  return {
    logger,
    get droppedLines() {
      return sink.droppedLines;
    },
    flush(limitMs) {
      limit.flush();
      return sink.flush(limitMs);
    },
  };
}

/** The arguments of a pino method: fields with or without a message behind them, or a message alone. */
function factsOf(args: readonly unknown[], level: number): LineFacts {
  const [fields, message] = args;
  if (typeof fields === "object" && fields !== null)
    return { level, message: typeof message === "string" ? message : "", fields };
  return { level, message: String(fields), fields: {} };
}

function formatter({ format, color }: LogSettings): (line: string) => string {
  return format === "json" ? (line) => line : (line) => prettyLine(line, color);
}
