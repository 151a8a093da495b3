import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { wrongRange } from "../../errors.ts";

/** Where a database is and how it is reached; everything explicit, so that pg reads no environment. */
export interface ConnectionTarget {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly ssl: ConnectionOptions | false;
}

const sslModes = ["disable", "require", "verify-ca", "verify-full"] as const;

/**
 * Reads a URL as libpq has it: `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=ca.pem`.
 * `host` in the query may be the folder of a Unix socket. `require` encrypts and believes any certificate, `verify-ca` checks who
 * signed it, `verify-full` also for whom. Messages never hold the password.
 * @throws RangeError `SCSV_ARG_RANGE` for a URL that isn't one, or an option that isn't known
 */
export function parseConnectionUrl(text: string): ConnectionTarget {
  const url = parse(text);
  const user = decodeURIComponent(url.username);
  if (user === "") throw wrongRange(`${described(url)} names no user. Write postgres://USER@HOST/DATABASE.`);
  const options = new Map(url.searchParams);
  const host = options.get("host") ?? decodeURIComponent(url.hostname.replace(/^\[(.*)\]$/, "$1"));
  const ssl = sslOptions(url, options);
  for (const known of ["host", "sslmode", "sslrootcert", "sslcert", "sslkey"]) options.delete(known);
  const [unknown] = options.keys();
  if (unknown !== undefined)
    throw wrongRange(
      `${described(url)} has the option "${unknown}", which is not known. Use host, sslmode, sslrootcert, sslcert or sslkey.`,
    );
  return {
    host: host === "" ? "localhost" : host,
    port: url.port === "" ? 5432 : Number(url.port),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    ssl,
  };
}

function parse(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The text may hold a password, so it isn't quoted.
    throw wrongRange(
      "The URL of the database is not a URL. Write postgres://USER:PASSWORD@HOST:5432/DATABASE.",
    );
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    throw wrongRange(`The URL of the database begins with "${url.protocol}//". Use postgres://.`);
  return url;
}

function sslOptions(url: URL, options: ReadonlyMap<string, string>): ConnectionOptions | false {
  const asked = options.get("sslmode") ?? "disable";
  const mode = sslModes.find((name) => name === asked);
  if (mode === undefined)
    throw wrongRange(`${described(url)} has sslmode "${asked}". Use ${sslModes.join(", ")}.`);
  if (mode === "disable") return false;
  const file = (name: string): string | undefined => {
    const path = options.get(name);
    return path === undefined ? undefined : readFileSync(path, "utf8");
  };
  const [ca, cert, key] = [file("sslrootcert"), file("sslcert"), file("sslkey")];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: mode !== "require",
    ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** The URL for a message, without user, password and options. */
function described(url: URL): string {
  return `The URL of the database at ${url.host}${url.pathname}`;
}
