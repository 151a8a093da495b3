import { isIPv6 } from "node:net";
import { safeParse, type GenericSchema } from "valibot";
import { wrongRange, wrongType } from "../../errors.ts";
import { encoderNames } from "../../csv/encoder-name.ts";
import type { DialectName, DialectOptions } from "../../csv/dialect.ts";
import { resolveDialect } from "../../csv/resolve-dialect.ts";
import { longestTimerMs } from "../../units.ts";
import { linksSchema, tokensSchema } from "../access/access-schema.ts";
import { authSchema } from "../access/auth-schema.ts";
import { checkJobs, mostWorkers } from "./check-jobs.ts";
import type { HttpSettings } from "./http-settings.ts";
import type { LogSettings } from "./log-settings.ts";
import {
  fields,
  isObject,
  listOf,
  oneOf,
  orNull,
  quotedValue,
  someText,
  truth,
  whole,
  type SettingCheck,
} from "./setting-check.ts";
import {
  defaultSettings,
  http10Ways,
  workerModels,
  type ServerOptions,
  type ServerSettings,
  type TlsFiles,
} from "./settings.ts";

const mostPort = 65_535;

/** Checks each setting, the same for flags, a configuration file and a program. */
const checks: { readonly [N in keyof ServerSettings]: SettingCheck } = {
  configuration: orNull(someText),
  sources: listOf(source),
  generated: orNull(truth),
  skipUnreadable: truth,
  host: someText,
  port: whole(0, mostPort),
  workers: whole(1, mostWorkers),
  workerModel: oneOf(workerModels),
  slots: whole(1, Number.MAX_SAFE_INTEGER),
  queue: whole(0, Number.MAX_SAFE_INTEGER),
  queueTimeoutMs: whole(0, longestTimerMs),
  bufferMemoryBytes: whole(0, Number.MAX_SAFE_INTEGER),
  spoolDirectory: orNull(someText),
  spoolBytes: whole(0, Number.MAX_SAFE_INTEGER),
  minRateBytesPerSecond: whole(0, Number.MAX_SAFE_INTEGER),
  drainTimeoutMs: whole(0, longestTimerMs),
  shutdownDelayMs: whole(0, longestTimerMs),
  maxConnections: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  tokens: orNull(tokens),
  links: orNull(links),
  auth: orNull((name, value) => void bySchema(name, value, authSchema)),
  allowedHosts: orNull(listOf(hostName)),
  adminPort: orNull(whole(0, mostPort)),
  tls: orNull((name, value) => fields(name, value, tlsChecks)),
  hangTimeoutMs: whole(1, longestTimerMs),
  http10: oneOf(http10Ways),
  encoder: oneOf(encoderNames),
  csv: dialectByDefault,
  jobs: checkJobs,
  http: (name, value) => fields(name, value, httpChecks),
  log: (name, value) => fields(name, value, logChecks),
  tracing: orNull(someText),
};

const httpChecks: { readonly [N in keyof HttpSettings]: SettingCheck } = {
  headBytes: whole(1, Number.MAX_SAFE_INTEGER),
  headerCount: whole(1, Number.MAX_SAFE_INTEGER),
  targetBytes: whole(1, Number.MAX_SAFE_INTEGER),
  parameterCount: whole(1, Number.MAX_SAFE_INTEGER),
  mostRows: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  connectionsPerAddress: orNull(whole(1, Number.MAX_SAFE_INTEGER)),
  bodyBytes: whole(0, Number.MAX_SAFE_INTEGER),
  headTimeoutMs: whole(1, longestTimerMs),
  requestTimeoutMs: whole(1, longestTimerMs),
  keepAliveTimeoutMs: whole(1, longestTimerMs),
  cacheControl: someText,
  codings: listOf(oneOf(["zstd", "br", "gzip"])),
};

const tlsChecks: { readonly [N in keyof TlsFiles]: SettingCheck } = { certFile: someText, keyFile: someText };

const logChecks: { readonly [N in keyof LogSettings]: SettingCheck } = {
  level: oneOf(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
  format: oneOf(["pretty", "json"]),
  color: truth,
};

/**
 * Completes the settings of a server from `defaultSettings`, and checks all of them before anything is started.
 * @throws TypeError `SCSV_ARG_TYPE` or RangeError `SCSV_ARG_RANGE`, which name the setting and quote its value
 */
export function checkSettings(given: ServerOptions): ServerSettings {
  if (!isObject(given))
    throw wrongType(`The settings of a server must be an object, not ${quotedValue(given)}.`);
  const { csv, jobs, http, log, ...rest }: ServerOptions = given;
  const settings = {
    ...defaultSettings,
    ...rest,
    csv: completed(csv, defaultSettings.csv),
    jobs: completed(jobs, defaultSettings.jobs),
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

function dialectByDefault(name: string, value: unknown): void {
  if (!isObject(value)) throw wrongType(`${name} is ${quotedValue(value)}; it takes an object.`);
  resolveDialect(value["dialect"] as DialectName, value["dialectOptions"] as DialectOptions);
}

/** Checks one setting by its name. @throws what {@link checkSettings} throws */
export function checkSetting<N extends keyof ServerSettings>(name: N, value: ServerSettings[N]): void {
  checks[name](name, value);
}

/**
 * A path, or an object with a path, a database and SQL, or a module. The other fields of the object are checked when the source
 * is opened.
 */
function source(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    someText(name, value);
    return;
  }
  if ("module" in value || "database" in value) {
    someText(`${name}.name`, "name" in value ? value.name : undefined);
    if ("module" in value) someText(`${name}.module`, value.module);
    else query(name, value);
    return;
  }
  someText(`${name}.path`, "path" in value ? value.path : undefined);
  if ("name" in value && value.name !== undefined) someText(`${name}.name`, value.name);
}

/** A name or an address, without a port. */
function hostName(name: string, value: unknown): void {
  someText(name, value);
  if (typeof value !== "string") return;
  const address = /^\[(.*)\]$/s.exec(value)?.[1] ?? value;
  // A zone means something on one machine only, and no Host has one.
  const isAddress = isIPv6(address) && !address.includes("%");
  if (!isAddress && !/^(?:\*|[\w.-]+)$/.test(value))
    throw wrongRange(
      `${name} is ${quotedValue(value)}; it takes a host without a port, such as exports.example.com.`,
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
  // Everyone who can read the configuration file would know such a secret.
  const unread = keys.findIndex(({ secret }) => secret.startsWith("env:"));
  if (unread >= 0)
    throw wrongRange(`${name}.keys[${unread}].secret names a variable; it takes the secret itself.`);
  const twin = keys.findIndex(({ id }, index) => keys.findIndex((key) => key.id === id) < index);
  if (twin >= 0)
    throw wrongRange(`${name}.keys[${twin}].id is ${quotedValue(keys[twin]?.id)}, as that of another key.`);
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
  if (!isObject(database))
    throw wrongType(`${name}.database is ${quotedValue(database)}; it takes an object.`);
  someText(`${name}.sql`, sql);
  if ("path" in database) {
    someText(`${name}.database.path`, database["path"]);
    return;
  }
  someText(`${name}.database.name`, database["name"]);
  // A URL may hold a password, so it isn't quoted.
  if (typeof database["url"] !== "string" || database["url"] === "")
    throw wrongType(`${name}.database.url is missing; it takes postgres://USER:PASSWORD@HOST/DATABASE.`);
}
