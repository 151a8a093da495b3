import { pino, type Logger } from "pino";

/** How a server logs. */
export interface LogSettings {
  /** pino's levels: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`. */
  readonly level: string;
  readonly format: "pretty" | "json";
  readonly color: boolean;
}

const standardError = 2;

/** A logger to standard error: JSON lines for programs, coloured text for people. Each line is written before it returns. */
export async function createLog(settings: LogSettings): Promise<Logger> {
  const options = { level: settings.level, base: { pid: process.pid } };
  if (settings.format === "json") return pino(options, pino.destination({ fd: standardError, sync: true }));
  const { default: pretty } = await import("pino-pretty");
  const translate = {
    colorize: settings.color,
    ignore: "hostname",
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
  };
  return pino(options, pretty({ ...translate, destination: standardError, sync: true }));
}
