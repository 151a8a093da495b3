import { safeParse, type GenericSchema } from "valibot";
import { wrongRange, wrongType } from "../../errors.ts";
import { encoderNames } from "../../csv/encoder-name.ts";
import type { DialectName, DialectOptions } from "../../csv/dialect.ts";
import { resolveDialect } from "../../csv/resolve-dialect.ts";
import { linksSchema, tokensSchema } from "../access/access-schema.ts";
import { authSchema } from "../access/auth-schema.ts";
import type { HttpSettings } from "./http-settings.ts";
import type { LogSettings } from "./log-settings.ts";
import {
  defaultSettings,
  http10Ways,
  workerModels,
  type ServerOptions,
  type ServerSettings,
  type TlsFiles,
} from "./settings.ts";

/** The longest delay of a timer (2^31 − 1 ms). */
const longestMs = 2 ** 31 - 1;
const mostWorkers = 256;
const mostPort = 65_535;

type Check = (name: string, value: unknown) => void;

/** Checks each setting, the same for flags, a configuration file and a program. */
const checks: { readonly [N in keyof ServerSettings]: Check } = {
  configuration: orNull(text),
  sources: listOf(source),
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
  tokens: orNull(tokens),
  links: orNull(links),
  auth: orNull((name, value) => void bySchema(name, value, authSchema)),
  allowedHosts: orNull(listOf(hostName)),
  adminPort: orNull(whole(0, mostPort)),
  tls: orNull((name, value) => fields(name, value, tlsChecks)),
  hangTimeoutMs: whole(1, longestMs),
  http10: oneOf(http10Ways),
  encoder: oneOf(encoderNames),
  csv: dialectByDefault,
  http: (name, value) => fields(name, value, httpChecks),
  log: (name, value) => fields(name, value, logChecks),
};

const httpChecks: { readonly [N in keyof HttpSettings]: Check } = {
  headBytes: whole(1, Number.MAX_SAFE_INTEGER),
  headerCount: whole(1, Number.MAX_SAFE_INTEGER),
  targetBytes: whole(1, Number.MAX_SAFE_INTEGER),
  parameterCount: whole(1, Number.MAX_SAFE_INTEGER),
  mostRows: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  connectionsPerAddress: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  bodyBytes: whole(0, Number.MAX_SAFE_INTEGER),
  headTimeoutMs: whole(1, longestMs),
  requestTimeoutMs: whole(1, longestMs),
  keepAliveTimeoutMs: whole(1, longestMs),
  cacheControl: text,
  codings: listOf(oneOf(["zstd", "br", "gzip"])),
};

const tlsChecks: { readonly [N in keyof TlsFiles]: Check } = { certFile: text, keyFile: text };

const logChecks: { readonly [N in keyof LogSettings]: Check } = {
  level: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
  format: oneOf(["pretty", "json"]),
  color: truth,
};

/**
 * Completes the settings of a server from `defaultSettings`, and checks all of them before anything is started.
 * @throws TypeError `SCSV_ARG_TYPE` or RangeError `SCSV_ARG_RANGE`, which name the setting and quote its value
 */
export function checkSettings(given: ServerOptions): ServerSettings {
  if (!isObject(given)) throw wrongType(`The settings of a server must be an object, not ${quote(given)}.`);
  const { csv, http, log, ...rest }: ServerOptions = given;
  const settings = {
    ...defaultSettings,
    ...rest,
    csv: completed(csv, defaultSettings.csv),
    http: completed(http, defaultSettings.http),
    log: completed(log, defaultSettings.log),
  };
  fields("", settings, checks);
  return settings;
}

/** The fields of a group that are given, and the defaults of the others; what isn't an object is left for the check. */
function completed<T extends object>(given: Partial<T> | undefined, usual: T): T {
  if (given === undefined) return usual;
  return isObject(given) ? { ...usual, ...given } : given;
}

/** Checks an object that has these fields and no others. */
function fields(name: string, value: unknown, known: Readonly<Record<string, Check>>): void {
  if (!isObject(value)) throw wrongType(`${name} is ${quote(value)}; it takes an object.`);
  const prefix = name === "" ? "" : `${name}.`;
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(known, field));
  if (unknown !== undefined)
    throw wrongRange(`"${prefix}${unknown}" is not a setting. There are ${Object.keys(known).join(", ")}.`);
  for (const [field, check] of Object.entries(known)) check(prefix + field, value[field]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function dialectByDefault(name: string, value: unknown): void {
  if (!isObject(value)) throw wrongType(`${name} is ${quote(value)}; it takes an object.`);
  resolveDialect(value["dialect"] as DialectName, value["dialectOptions"] as DialectOptions);
}

/** Checks one setting by its name. @throws what {@link checkSettings} throws */
export function checkSetting<N extends keyof ServerSettings>(name: N, value: ServerSettings[N]): void {
  checks[name](name, value);
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

function listOf(check: Check): Check {
  return (name, value) => {
    if (!Array.isArray(value)) throw wrongType(`${name} is ${quote(value)}; it takes a list.`);
    for (const [index, item] of value.entries()) check(`${name}[${index}]`, item);
  };
}

/**
 * A path, or an object with a path, a database and SQL, or a module. The other fields of the object are checked when the source
 * is opened.
 */
function source(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    text(name, value);
    return;
  }
  if ("module" in value || "database" in value) {
    text(`${name}.name`, "name" in value ? value.name : undefined);
    if ("module" in value) text(`${name}.module`, value.module);
    else query(name, value);
    return;
  }
  text(`${name}.path`, "path" in value ? value.path : undefined);
  if ("name" in value && value.name !== undefined) text(`${name}.name`, value.name);
}

/** A name or an address, without a port. */
function hostName(name: string, value: unknown): void {
  text(name, value);
  if (typeof value === "string" && !/^(?:\*|\[[\da-f:.]+\]|[\da-f]*:[\da-f:.]+|[\w.-]+)$/i.test(value))
    throw wrongRange(
      `${name} is ${quote(value)}; it takes a host without a port, such as exports.example.com.`,
    );
}

function tokens(name: string, value: unknown): void {
  const checked = bySchema(name, value, tokensSchema);
  const digests = checked.map(({ sha256 }) => sha256.toLowerCase());
  const twin = digests.findIndex((digest, index) => digests.indexOf(digest) < index);
  if (twin >= 0) throw wrongRange(`${name}[${twin}].sha256 is that of an earlier token; give each its own.`);
}

function links(name: string, value: unknown): void {
  const { keys } = bySchema(name, value, linksSchema);
  // Whoever has read the configuration file would know such a secret.
  const unread = keys.findIndex(({ secret }) => secret.startsWith("env:"));
  if (unread >= 0)
    throw wrongRange(`${name}.keys[${unread}].secret names a variable; it takes the secret itself.`);
  const twin = keys.findIndex(({ id }, index) => keys.findIndex((key) => key.id === id) < index);
  if (twin >= 0)
    throw wrongRange(`${name}.keys[${twin}].id is ${quote(keys[twin]?.id)}, as that of another key.`);
}

/** Checks a value that the configuration file has too. The message doesn't quote it: it may be a secret. */
function bySchema<T>(name: string, value: unknown, schema: GenericSchema<unknown, T>): T {
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const path = issue.path?.map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)) ?? [];
  // valibot says of an unknown name that it expected "never".
  const reason = issue.expected === "never" ? "is not a setting" : `can't be used: ${issue.message}`;
  throw wrongRange(`${name}${path.join("")} ${reason}.`);
}

function query(name: string, value: { readonly database?: unknown; readonly sql?: unknown }): void {
  const { database, sql } = value;
  if (!isObject(database)) throw wrongType(`${name}.database is ${quote(database)}; it takes an object.`);
  text(`${name}.sql`, sql);
  if ("path" in database) {
    text(`${name}.database.path`, database["path"]);
    return;
  }
  text(`${name}.database.name`, database["name"]);
  // A URL may hold a password, so it isn't quoted.
  if (typeof database["url"] !== "string" || database["url"] === "")
    throw wrongType(`${name}.database.url is missing; it takes postgres://USER:PASSWORD@HOST/DATABASE.`);
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
