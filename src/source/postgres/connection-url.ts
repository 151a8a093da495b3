import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { messageOf, wrongRange } from "../../errors.ts";
import { pemFault } from "../../pem.ts";
import { didYouMean } from "../../similar-name.ts";

/** Where a database is and how it is reached; everything explicit, so that pg reads no environment. */
export interface ConnectionTarget {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl: ConnectionOptions | false;
  /** Shown in `pg_stat_activity`, before the transfer's id. */
  readonly applicationName: string;
  /** Settings of each session, as on the server's command line. */
  readonly options: string | undefined;
  /** How long connecting may take, in milliseconds; 0 for no limit of its own. */
  readonly connectTimeoutMs: number;
  /** Whether SCRAM is bound to the TLS connection where the server offers it. */
  readonly enableChannelBinding: boolean;
}

const form = "postgres://USER:PASSWORD@HOST:5432/DATABASE";
const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;
/** Options that name files. */
const fileOptions = ["sslrootcert", "sslcert", "sslkey"] as const;
const optionNames = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "sslmode",
  ...fileOptions,
  "channel_binding",
  "connect_timeout",
  "application_name",
  "options",
] as const;
const usualConnectTimeoutMs = 10_000;
/** A transfer's id stands behind it, and PostgreSQL keeps 63 bytes of both. */
const mostNameBytes = 32;

/** A certificate of any name is good enough. */
const anyName = (): undefined => undefined;
/** A user without a host, whose host is among the options; `URL` refuses it. */
const withoutHost = /^(postgres(?:ql)?:\/\/[^/?#]*@)(?=[/?]|$)/i;

/** Hosts with ports of their own, as libpq takes them; `URL` refuses them. */
const severalHosts = /^[a-z]+:\/\/[^/?#]*@[^/?#@]*,[^/?#@]*(?:[/?#]|$)/i;
const oneHost = "names several hosts; it takes one";
/** The port of a host; `URL` refuses one above 65535. */
const hostsPort = /^[a-z]+:\/\/[^/?#]*@[^/?#@]*:(\d+)(?:[/?#]|$)/i;

/** The options of a URL by their names; the last one of a name counts, as in libpq. */
type Options = Partial<Record<(typeof optionNames)[number], string>>;

/**
 * Reads a URL as libpq has it: `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=ca.pem`.
 * `host` among its options may be the folder of a Unix socket. `require` encrypts and believes any certificate, `verify-ca` checks
 * who signed it, `verify-full` also for whom; with `sslrootcert`, `require` is `verify-ca`. Without `sslmode` there is no TLS.
 * Messages quote nothing of the URL but names of options: where a password isn't percent-encoded, any part may be one of it.
 * @throws RangeError `SCSV_ARG_RANGE` for a URL that isn't one, or an option that isn't known or can't be honored
 */
export function parseConnectionUrl(text: string): ConnectionTarget {
  const url = parse(text);
  const given = optionsOf(url);
  const user = given.get("user") ?? decoded(url.username);
  // Before anything of the URL is quoted: a `/`, `?` or `#` in a password ends the host, and then there is no user.
  if (user === "")
    throw refused(
      `names no user: write ${form}. In a password a / is written as %2F, a ? as %3F, a # as %23 and a @ as %40`,
    );
  if (url.hash !== "") throw refused("has a #, which is written as %23");
  const options = knownOptions(given);
  const host = options.host ?? decoded(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  if (host.includes(",")) throw refused(oneHost);
  return {
    host: host === "" ? "localhost" : host,
    port: portOf(options.port ?? (url.port || "5432")),
    user,
    password: options.password ?? decoded(url.password),
    database: options.dbname ?? (decoded(url.pathname.slice(1)) || user),
    ssl: sslOf(options),
    applicationName: applicationNameOf(options.application_name),
    options: options.options,
    connectTimeoutMs: connectTimeoutOf(options.connect_timeout),
    enableChannelBinding: bindsChannel(options),
  };
}

/** The URL with the paths of its files absolute; relative ones begin at a folder. */
export function withFilesIn(folder: string, text: string): string {
  const option = new RegExp(`([?&](?:${fileOptions.join("|")})=)([^&#]+)`, "g");
  return text.replaceAll(option, (all, name: string, path: string) => {
    const file = decoded(path);
    return file === "system" ? all : name + encodeURIComponent(resolve(folder, file));
  });
}

function parse(text: string): URL {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) throw refused(`doesn't begin with postgres://: write ${form}`);
  try {
    return new URL(text.replace(withoutHost, "$1localhost"));
  } catch {
    if (severalHosts.test(text)) throw refused(oneHost);
    portOf(hostsPort.exec(text)?.[1] ?? "5432");
    throw refused(
      `is not a URL: write ${form}. In a password a / is written as %2F, a ? as %3F, a # as %23 and a @ as %40`,
    );
  }
}

/** Not `searchParams`, which takes a `+` for a blank. */
function optionsOf(url: URL): ReadonlyMap<string, string> {
  const parts = url.search.slice(1).split("&");
  return new Map(
    parts
      .filter((part) => part !== "")
      .map((part) => {
        const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
        return [decoded(name), decoded(value)];
      }),
  );
}

function knownOptions(given: ReadonlyMap<string, string>): Options {
  const known: readonly string[] = optionNames;
  const unknown = [...given.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw refused(
      `has the option "${unknown}", which is not known; there are ${known.join(", ")}`,
      didYouMean(unknown, known),
    );
  return Object.fromEntries(given);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused("has a % that no two hexadecimal digits follow: write it as %25");
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw refused("has a port that isn't one: it takes 1 to 65535");
}

function sslOf(options: Options): ConnectionOptions | false {
  const file = fileOptions.find((name) => options[name] !== undefined);
  const asked = options.sslmode;
  if (asked === undefined && file !== undefined)
    throw refused(`has ${file} without sslmode: add sslmode=verify-full`);
  if (asked === "prefer" || asked === "allow")
    throw refused(
      `has sslmode=${asked}, with which nobody knows whether there is TLS: write sslmode=verify-full, or sslmode=require to believe any certificate, or sslmode=disable for no TLS`,
    );
  const mode = sslModes.find((name) => name === (asked ?? "disable"));
  if (mode === undefined) throw refused(`has the option sslmode, which takes ${sslModes.join(", ")}`);
  if (mode === "disable") return false;
  const [ca, cert, key] = fileOptions.map((name) => contentOf(name, options[name]));
  if (options.sslrootcert === "system" && mode !== "verify-full")
    throw refused("has sslrootcert=system, which needs sslmode=verify-full");
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: mode !== "require" || ca !== undefined,
    ...(mode === "verify-full" ? {} : { checkServerIdentity: anyName }),
  };
}

/** The text of a file; undefined for none, and for `system`, the certificates that Node trusts by itself. */
function contentOf(name: string, path: string | undefined): string | undefined {
  if (path === undefined || (name === "sslrootcert" && path === "system")) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw refused(`has the option ${name}, whose file can't be read: ${messageOf(cause)}`);
  }
  const fault = pemFault(text, name === "sslkey" ? "private key" : "certificate");
  if (fault !== undefined) throw refused(`has the option ${name}, whose file ${fault}`);
  return text;
}

function applicationNameOf(text: string | undefined): string {
  const name = text ?? "stream-csv";
  if (/^[\x20-\x7e]+$/.test(name) && name.length <= mostNameBytes) return name;
  throw refused(
    `has the option application_name, which takes 1 to ${mostNameBytes} ASCII characters, since the transfer's id follows it`,
  );
}

function connectTimeoutOf(text: string | undefined): number {
  if (text === undefined) return usualConnectTimeoutMs;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  throw refused("has the option connect_timeout, which takes seconds, or 0 for no limit");
}

/** pg can bind SCRAM to TLS where the server offers it; it can't refuse a server that doesn't. */
function bindsChannel({ channel_binding: asked, sslmode }: Options): boolean {
  if (asked === undefined || asked === "disable") return false;
  if (asked === "prefer") return sslmode !== undefined && sslmode !== "disable";
  throw refused(
    asked === "require"
      ? 'has channel_binding=require, which the package "pg" can\'t demand of a server: write channel_binding=prefer, and sslmode=verify-full, which recognizes the server by its certificate'
      : "has the option channel_binding, which takes disable or prefer",
  );
}

function refused(what: string, advice = ""): RangeError {
  return wrongRange(`The URL of the database ${what}.${advice}`);
}
