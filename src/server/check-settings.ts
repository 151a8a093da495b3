import { wrongRange, wrongType } from "../errors.ts";
import { encoderNames } from "../csv/csv-encoder.ts";
import { defaultHttpSettings, type HttpSettings } from "./http-settings.ts";
import { http10Ways, workerModels, type ServerSettings } from "./settings.ts";

/** A timer waits no longer (2^31 − 1 ms). */
const longestMs = 2 ** 31 - 1;
const mostWorkers = 256;
const mostPort = 65_535;

type Check = (name: string, value: unknown) => void;

/** What each number may be; the same for flags, a configuration and a program. */
const checks: { readonly [N in keyof ServerSettings]?: Check } = {
  sources: listOfFiles,
  generated: orNull(truth),
  skipUnreadable: truth,
  host: text,
  port: whole(0, mostPort),
  workers: whole(1, mostWorkers),
  workerModel: oneOf(workerModels),
  slots: whole(1, Number.MAX_SAFE_INTEGER),
  queue: whole(0, Number.MAX_SAFE_INTEGER),
  queueTimeoutMs: whole(0, longestMs),
  bufferMemoryBytes: whole(0, Number.MAX_SAFE_INTEGER),
  spoolDirectory: orNull(text),
  spoolBytes: whole(0, Number.MAX_SAFE_INTEGER),
  minRateBytesPerSecond: whole(0, Number.MAX_SAFE_INTEGER),
  drainTimeoutMs: whole(0, longestMs),
  shutdownDelayMs: whole(0, longestMs),
  maxConnections: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  hangTimeoutMs: whole(1, longestMs),
  http10: oneOf(http10Ways),
  encoder: oneOf(encoderNames),
};

const httpChecks: { readonly [N in keyof HttpSettings]: Check } = {
  headBytes: whole(1, Number.MAX_SAFE_INTEGER),
  headerCount: whole(1, Number.MAX_SAFE_INTEGER),
  targetBytes: whole(1, Number.MAX_SAFE_INTEGER),
  parameterCount: whole(1, Number.MAX_SAFE_INTEGER),
  bodyBytes: whole(0, Number.MAX_SAFE_INTEGER),
  headTimeoutMs: whole(1, longestMs),
  requestTimeoutMs: whole(1, longestMs),
  keepAliveTimeoutMs: whole(1, longestMs),
  cacheControl: text,
  codings: listOfText,
};

/**
 * Makes sure that a server can run with its settings, before anything is started.
 * @throws TypeError `SCSV_ARG_TYPE` or RangeError `SCSV_ARG_RANGE`, which name the setting and quote its value
 */
export function checkSettings(settings: ServerSettings): ServerSettings {
  for (const [name, check] of Object.entries(checks)) check(name, settings[name as keyof ServerSettings]);
  const http = { ...defaultHttpSettings, ...settings.http };
  for (const [name, check] of Object.entries(httpChecks))
    check(`http.${name}`, http[name as keyof HttpSettings]);
  return { ...settings, http };
}

/** Checks one setting by its name. @throws what {@link checkSettings} throws */
export function checkSetting<N extends keyof ServerSettings>(name: N, value: ServerSettings[N]): void {
  checks[name]?.(name, value);
}

function whole(least: number, most: number): Check {
  return (name, value) => {
    if (typeof value !== "number") throw wrongType(`${name} is ${quote(value)}; it takes a number.`);
    const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw wrongRange(`${name} is ${value}; it takes a whole number, ${bounds}.`);
  };
}

function oneOf(names: readonly string[]): Check {
  return (name, value) => {
    if (typeof value !== "string") throw wrongType(`${name} is ${quote(value)}; it takes text.`);
    if (!names.includes(value))
      throw wrongRange(`${name} is ${quote(value)}; it takes ${names.join(" or ")}.`);
  };
}

function text(name: string, value: unknown): void {
  if (typeof value !== "string") throw wrongType(`${name} is ${quote(value)}; it takes text.`);
  if (value === "") throw wrongRange(`${name} is empty; it takes text.`);
}

function listOfText(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw wrongType(`${name} is ${quote(value)}; it takes a list.`);
  for (const [index, item] of value.entries()) text(`${name}[${index}]`, item);
}

function listOfFiles(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw wrongType(`${name} is ${quote(value)}; it takes a list.`);
  for (const [index, item] of value.entries()) file(`${name}[${index}]`, item);
}

/** A path, or an object with one; how the file is read is checked when it is opened. */
function file(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    text(name, value);
    return;
  }
  text(`${name}.path`, "path" in value ? value.path : undefined);
  if ("name" in value && value.name !== undefined) text(`${name}.name`, value.name);
}

function truth(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw wrongType(`${name} is ${quote(value)}; it takes true or false.`);
}

function orNull(check: Check): Check {
  return (name, value) => {
    if (value !== null) check(name, value);
  };
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
