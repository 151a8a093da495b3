import { encoderNames } from "../csv/csv-encoder.ts";
import { resolveDialect } from "../csv/resolve-dialect.ts";
import { wrongRange, wrongType } from "../errors.ts";
import { describeValue } from "../stream/chunk.ts";
import { defaultHttpSettings } from "./http-settings.ts";
import { defaultSettings, workerModels, type ServerSettings } from "./settings.ts";

/** Throws when a value can't be that of the setting it is told the name of. */
type Check = (name: string, value: unknown) => void;

/** Timers count in 31 bits; a longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;
const mostWorkers = 256;
const most = Number.MAX_SAFE_INTEGER;

const checks: Readonly<Record<keyof ServerSettings, Check>> = {
  sources: listOf(text),
  host: text,
  port: whole(0, 65_535),
  workers: whole(1, mostWorkers),
  workerModel: oneOf(workerModels),
  slots: whole(1, most),
  queue: whole(0, most),
  queueTimeoutMs: milliseconds,
  bufferMemoryBytes: whole(0, most),
  spoolDirectory: (name, value) => {
    if (value !== null) text(name, value);
  },
  spoolBytes: whole(0, most),
  minRateBytesPerSecond: number(0, most),
  drainTimeoutMs: milliseconds,
  shutdownDelayMs: milliseconds,
  encoder: oneOf(encoderNames),
  csv: (name, value) => {
    const { dialect, dialectOptions } = object(name, value);
    resolveDialect(dialect as never, dialectOptions as never);
  },
  http: fields(defaultHttpSettings, {
    headBytes: whole(1, most),
    headerCount: whole(1, most),
    targetBytes: whole(1, most),
    parameterCount: whole(1, most),
    bodyBytes: whole(0, most),
    headTimeoutMs: milliseconds,
    requestTimeoutMs: milliseconds,
    keepAliveTimeoutMs: milliseconds,
    cacheControl: text,
    codings: listOf(oneOf(["zstd", "br", "gzip"])),
  }),
  log: fields(defaultSettings.log, {
    level: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
    format: oneOf(["pretty", "json"]),
    color: (name, value) => {
      if (typeof value !== "boolean")
        throw wrongType(`${name} is true or false, not ${describeValue(value)}.`);
    },
  }),
};

/**
 * Refuses settings that a server can't run with, before anything is started: every setting has to be there, since
 * `defaultSettings` has them all.
 * @throws TypeError `SCSV_ARG_TYPE`, RangeError `SCSV_ARG_RANGE`; each names the setting and quotes its value
 */
export function checkSettings(settings: unknown): void {
  fields(defaultSettings, checks)("settings", settings);
}

/** An object with these fields and no others. */
function fields<T extends object>(known: T, of: Readonly<Record<keyof T & string, Check>>): Check {
  return (name, value) => {
    const given = object(name, value);
    const prefix = name === "settings" ? "" : `${name}.`;
    for (const field of Object.keys(known) as (keyof T & string)[]) of[field](prefix + field, given[field]);
    const unknown = Object.keys(given).find((field) => !Object.hasOwn(known, field));
    if (unknown !== undefined)
      throw wrongRange(`"${prefix}${unknown}" is not a setting; there are ${Object.keys(known).join(", ")}.`);
  };
}

function object(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null)
    throw wrongType(`${name} is an object, not ${describeValue(value)}.`);
  return value as Readonly<Record<string, unknown>>;
}

function text(name: string, value: unknown): void {
  if (typeof value !== "string") throw wrongType(`${name} is text, not ${describeValue(value)}.`);
  if (value === "") throw wrongRange(`${name} is "", and must not be empty.`);
}

function listOf(check: Check): Check {
  return (name, value) => {
    if (!Array.isArray(value)) throw wrongType(`${name} is a list, not ${describeValue(value)}.`);
    for (const [index, item] of value.entries()) check(`${name}[${index}]`, item);
  };
}

function oneOf(allowed: readonly string[]): Check {
  return (name, value) => {
    if (typeof value !== "string") throw wrongType(`${name} is text, not ${describeValue(value)}.`);
    if (!allowed.includes(value))
      throw wrongRange(`${name} is ${describeValue(value)}: use ${allowed.join(", ")}.`);
  };
}

function number(least: number, greatest: number): Check {
  return (name, value) => {
    if (typeof value !== "number") throw wrongType(`${name} is a number, not ${describeValue(value)}.`);
    if (!(value >= least && value <= greatest))
      throw wrongRange(`${name} is ${value}, and must be from ${least} to ${greatest}.`);
  };
}

function whole(least: number, greatest: number): Check {
  return (name, value) => {
    number(least, greatest)(name, value);
    if (!Number.isSafeInteger(value))
      throw wrongRange(`${name} is ${String(value)}, and must be a whole number.`);
  };
}

function milliseconds(name: string, value: unknown): void {
  number(0, longestTimerMs)(name, value);
}
