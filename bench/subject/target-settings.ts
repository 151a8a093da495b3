import {
  integer,
  minValue,
  nullable,
  number,
  optional,
  pipe,
  record,
  safeParse,
  strictObject,
  string,
  union,
  type GenericSchema,
} from "valibot";
import { didYouMean, parseDuration } from "../../src/ground.ts";
import type { TargetSettings, TargetSpec } from "./target-spec.ts";
import { filled } from "./target-text.ts";
import { withoutPasswords } from "./without-passwords.ts";

const targetSettingsSchema = strictObject({
  command: optional(string()),
  url: optional(string()),
  method: optional(string()),
  headers: optional(record(string(), string())),
  body: optional(string()),
  cwd: optional(string()),
  env: optional(record(string(), string())),
  setup: optional(string()),
  ready: optional(string()),
  ping: optional(nullable(string())),
  stats: optional(nullable(string())),
  readyTimeout: optional(union([string(), pipe(number(), minValue(1))])),
  rows: optional(pipe(number(), integer(), minValue(1))),
}) satisfies GenericSchema<TargetSettings>;

const example = `"go=PORT={port} ./orders @ http://127.0.0.1:{port}/orders.csv?rows={rows}"`;
/** Where a command is asked that names no address. A server that listens only at `[::1]` is found, too. */
export const usualUrl = "http://127.0.0.1:{port}/";
const usualPing = "/ping";
const usualStats = "/stats";
const usualReadyTimeoutMs = 15_000;

/** A fault of one target, which begins with its name or text. */
type Fault = (what: string) => RangeError;

/**
 * Reads `NAME=URL`, `NAME=COMMAND` or `NAME=COMMAND @ URL`.
 * @returns its name, and what the text says of it
 * @throws RangeError whose message quotes the text and says what to write
 */
export function parseTarget(text: string): { readonly name: string; readonly settings: TargetSettings } {
  const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === "" || value.trim() === "") {
    throw new RangeError(
      `The target "${text}" is neither NAME=URL nor NAME=COMMAND; write for example ${example}.`,
    );
  }
  return { name, settings: parseTargetPlace(value) };
}

/**
 * Reads `URL`, `COMMAND` or `COMMAND @ URL`.
 * @throws RangeError for an address with a blank, which would be taken for a part of the command, without its password
 */
export function parseTargetPlace(text: string): Pick<TargetSettings, "command" | "url"> {
  const value = text.trim();
  if (/^[a-z][a-z0-9+.-]*:\/\/\S*$/i.test(value)) return { url: value };
  const [, command, url] = /^(.*\S)\s+@\s+(\S+)$/s.exec(value) ?? [];
  if (command !== undefined && url !== undefined) return { command, url };
  const [, address] = /^(?:.*\s@\s+)?(https?:\/\/[^\s"']*\s.*)$/is.exec(value) ?? [];
  if (address !== undefined) {
    // The blank may be in the password.
    const shown = withoutPasswords(address.replace(/(:\/\/[^/?#:@]*:)[^/?#]*@/, "$1…@"));
    throw new RangeError(
      `The address "${shown}" has a blank in it; write %20 instead. If it is a part of the command, put quotes around it.`,
    );
  }
  return { command: value };
}

/**
 * Checks the settings of a target and fills in what they leave open.
 * @param taken names of other arms, which have to be different
 * @throws RangeError that names the target and the setting, quotes the value and says what to write
 */
export function checkTarget(name: string, given: unknown, taken: readonly string[]): TargetSpec {
  const fault: Fault = (what) => new RangeError(`The target "${name}" ${what}`);
  if (!/^[A-Za-z0-9][\w-]*$/.test(name)) {
    throw fault(
      `has the name "${name}". A name has only letters, digits, "-" and "_", and begins with a letter or digit.`,
    );
  }
  // What checks a result that is read again leaves them out.
  if (name === "constructor" || name === "prototype")
    throw fault(`has the name "${name}", which can't be used; give it another.`);
  if (taken.includes(name)) throw fault(`has the name "${name}", which is taken; give it another.`);
  const settings = checkedSettings(given, fault);
  const command = settings.command?.trim() ?? null;
  if (command === "" || (command === null && settings.url === undefined)) {
    throw fault("has neither a command nor a url; give one of them.");
  }
  const { url, basic } = checkedUrl(settings.url ?? usualUrl, fault, { isStarted: command !== null });
  if (command !== null && settings.url === undefined && /^[\w.-]+:(\d+|\{port\})\/\S*$/.test(command)) {
    throw fault(`has the command "${command}", which looks like an address: write http://${command}.`);
  }
  if (command !== null && url.includes("{port}") && !command.includes("{port}") && !usesPort(settings)) {
    throw fault(
      `is asked at ${url}, but its command has no {port} that would tell it where to listen; put {port} into the command, or end with " @ URL" that names its port.`,
    );
  }
  const headers = checkedHeaders(settings.headers ?? {}, fault);
  const hasOwn = Object.keys(headers).some((field) => field.toLowerCase() === "authorization");
  const ready = settings.ready ?? settings.ping ?? usualPing;
  const { ping } = settings;
  for (const [setting, path] of Object.entries({ ready, ping, stats: settings.stats })) {
    if (typeof path === "string" && !path.startsWith("/")) {
      throw fault(`has "${path}" as ${setting}, which is not a path: begin with /, such as /healthz.`);
    }
  }
  return {
    name,
    command,
    url,
    method: checkedMethod(settings.method ?? (settings.body === undefined ? "GET" : "POST"), fault),
    headers: basic === null || hasOwn ? headers : { ...headers, Authorization: basic },
    body: settings.body ?? null,
    cwd: settings.cwd ?? null,
    env: settings.env ?? {},
    setup: settings.setup ?? null,
    ready,
    ping,
    stats: settings.stats === undefined ? usualStats : settings.stats,
    readyTimeoutMs: checkedTimeout(settings.readyTimeout, fault),
    mostRows: settings.rows ?? null,
  };
}

function checkedSettings(given: unknown, fault: Fault): TargetSettings {
  const found = safeParse(targetSettingsSchema, given);
  if (found.success) return found.output;
  const [issue] = found.issues;
  const place = issue.path?.map(({ key }) => String(key)).join(".") ?? "";
  const known = Object.keys(targetSettingsSchema.entries);
  if (issue.type === "strict_object" && place !== "") {
    throw fault(
      `has the setting "${place}", which is unknown; there are: ${known.join(", ")}.${didYouMean(place, known)}`,
    );
  }
  throw fault(`has a wrong setting${place === "" ? "" : ` ${place}`}: ${issue.message}.`);
}

/** A command may take its port from its environment. */
function usesPort({ env = {} }: TargetSettings): boolean {
  return Object.values(env).some((value) => value.includes("{port}"));
}

/** @returns the address as it was given, placeholders and all, and its user and password apart */
function checkedUrl(
  text: string,
  fault: Fault,
  { isStarted }: { readonly isStarted: boolean },
): { readonly url: string; readonly basic: string | null } {
  if (!isStarted && text.includes("{port}"))
    throw fault(`has the address "${text}" with {port}, which only a command that is started here can have.`);
  const sample = filled(text, { port: 1, rows: 1 });
  if (!URL.canParse(sample)) throw fault(`has the address "${text}", which is not a URL.`);
  const { protocol, username, password } = new URL(sample);
  if (protocol !== "http:" && protocol !== "https:")
    throw fault(`has the address "${text}"; bench reads http: and https: only.`);
  if (username === "" && password === "") return { url: text, basic: null };
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return {
    // Up to the last @ of the authority, as a URL is read: a password may hold one.
    url: text.replace(/:\/\/[^/?#]*@/, "://"),
    basic: `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}

/** A percent sign that begins no encoded character stands for itself. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    const bytes = Buffer.from(encoded.replaceAll("%", ""), "hex");
    return bytes.toString("utf8");
  });
}

/**
 * Field names are tokens (RFC 9110, section 5.6.2); a line break in a value would begin another field. Half a surrogate pair
 * has no UTF-8.
 */
function checkedHeaders(
  headers: Readonly<Record<string, string>>,
  fault: Fault,
): Readonly<Record<string, string>> {
  const names = new Map<string, string>();
  for (const [field, value] of Object.entries(headers)) {
    const twin = names.get(field.toLowerCase());
    if (twin !== undefined)
      throw fault(`has the header field ${field} twice, the other time as ${twin}; leave one of them out.`);
    names.set(field.toLowerCase(), field);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(field))
      throw fault(`has the header field "${field}", whose name has a character that names can't have.`);
    // oxlint-disable-next-line no-control-regex -- control characters are what is refused
    if (/[\u0000-\u0008\u000A-\u001F\u007F]|\p{Surrogate}/u.test(value))
      throw fault(
        `has a header field ${field} whose value has a line break or another character that fields can't have.`,
      );
    if (/^(connection|content-length|transfer-encoding)$/i.test(field))
      throw fault(`has the header field ${field}, which bench sets itself; leave it out.`);
    if (/^accept-encoding$/i.test(field) && value.trim().toLowerCase() !== "identity")
      throw fault(`asks for a packed body by ${field}; bench measures rows, so leave it out.`);
  }
  return headers;
}

function checkedMethod(method: string, fault: Fault): string {
  if (/^[A-Z]+$/.test(method) && method !== "HEAD" && method !== "CONNECT") return method;
  throw fault(`has the method "${method}"; write one that gives a body, in capitals, such as GET or POST.`);
}

function checkedTimeout(given: string | number | undefined, fault: Fault): number {
  if (given === undefined) return usualReadyTimeoutMs;
  if (typeof given === "number") return given;
  try {
    const milliseconds = parseDuration(given);
    if (milliseconds > 0) return milliseconds;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw fault(`has a wrong readyTimeout: ${cause.message}`);
  }
  throw fault(`has the readyTimeout "${given}", and must have one above 0.`);
}
