import { StreamCsvError } from "../../../errors.ts";

/** Options of the client that this program sets itself, or that BullMQ refuses. */
const ownOptions = [
  "autoResendUnfulfilledCommands",
  "commandTimeout",
  "connectTimeout",
  "connectionName",
  "enableOfflineQueue",
  "keepAlive",
  "keyPrefix",
  "lazyConnect",
  "maxRetriesPerRequest",
  "reconnectOnError",
  "retryStrategy",
] as const;

/** An option of the client that no address can choose. */
export type OwnRedisOption = (typeof ownOptions)[number];

/**
 * Refuses an address that the client of Redis can't use. The message quotes neither user nor password.
 * @throws StreamCsvError `SCSV_BAD_SETTING`
 */
export function requireUsableAddress(engine: string): void {
  const { username, password, pathname, searchParams } = new URL(engine);
  if ([username, password].some((text) => decoded(text) === undefined))
    throw unusable(
      "has a % in its user or password that isn't followed by two hexadecimal digits; write %25 for it",
    );
  if (!/^\/?\d*$/.test(pathname))
    throw unusable(
      `has the path ${JSON.stringify(pathname)}; it takes the number of a database, as in redis://HOST:6379/2`,
    );
  const option = ownOptions.find((name) => searchParams.has(name));
  if (option !== undefined)
    throw unusable(
      `has the option "${option}", which can't be chosen; leave it out. Installations that share a Redis need a database each, as in redis://HOST:6379/2`,
    );
}

function unusable(reason: string): StreamCsvError {
  return new StreamCsvError("SCSV_BAD_SETTING", `The address in jobs.engine ${reason}.`, {
    parameter: "jobs.engine",
  });
}

/** The address of a Redis as people may see it: without user, password and query. */
export function redisAddress(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  const database = /^\/\d+$/.test(pathname) && pathname !== "/0" ? pathname : "";
  return `${protocol}//${hostname}:${port === "" ? 6379 : port}${database}`;
}

/** Text without the password of a URL. */
export function withoutPassword(text: string, url: string): string {
  const { password } = new URL(url);
  return [password, decoded(password) ?? ""]
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
}

/** A part of a URL without its percent-encoding; undefined if a % begins none. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
