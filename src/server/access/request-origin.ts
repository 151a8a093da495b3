import { isIPv4, isIPv6 } from "node:net";
import type { IncomingMessage } from "node:http";
import { StreamCsvError } from "../../errors.ts";

const harmless: ReadonlySet<string | undefined> = new Set(["GET", "HEAD", "OPTIONS"]);
const ownSite: ReadonlySet<string> = new Set(["same-origin", "none"]);

/** Whether an address is one of this machine alone. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || plain === "localhost" || (isIPv4(plain) && plain.startsWith("127."));
}

/** The hosts for which a server answers. */
export interface HostRule {
  /** By name, without a port; `*` is every host. Null allows those of the machine alone, or all of them. */
  readonly allowedHosts: readonly string[] | null;
  /** Whether the server can be reached from this machine alone. */
  readonly isLocal: boolean;
}

/** The Host line that was allowed last. */
const lastAllowed = new WeakMap<HostRule, string>();

/**
 * Refuses a request for a host that isn't one of the server's. A page of another host that leads here (DNS rebinding) could
 * otherwise read everything that this machine may.
 * @throws StreamCsvError `SCSV_HOST_NOT_ALLOWED`
 */
export function requireAllowedHost(
  { headers: { host }, url = "" }: Pick<IncomingMessage, "headers" | "url">,
  rule: HostRule,
): void {
  // Nearly all requests have the Host of the one before.
  if (host !== undefined && host === lastAllowed.get(rule) && url.startsWith("/")) return;
  // The host of a whole URL goes before the Host line (RFC 9112, section 3.2.2). Browsers always send one of them.
  const target = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
  for (const named of [host, target]) {
    if (named === undefined || isAllowed(nameOf(named), rule)) continue;
    const message = `${JSON.stringify(named)} isn't a host of this server.`;
    throw new StreamCsvError("SCSV_HOST_NOT_ALLOWED", message);
  }
  if (host !== undefined) lastAllowed.set(rule, host);
}

function isAllowed(host: string, { allowedHosts, isLocal }: HostRule): boolean {
  if (allowedHosts === null) return !isLocal || isLoopback(host);
  return allowedHosts.some((allowed) => allowed === "*" || oneSpelling(allowed.toLowerCase()) === host);
}

/** The name or address in a Host line. */
function nameOf(host: string): string {
  return oneSpelling(host.toLowerCase().replace(/:\d*$/, ""));
}

/** A name with a dot behind it is the same name, and `[0:0::1]` the same address as `::1`. */
function oneSpelling(host: string): string {
  const plain = host.replaceAll(/[[\]]|\.$/g, "");
  const isAddress = isIPv6(plain) && !plain.includes("%");
  return isAddress ? new URL(`http://[${plain}]`).hostname.slice(1, -1) : plain;
}

/**
 * Refuses a request that would change something if a page of another site made it. Browsers say so; programs don't say
 * anything.
 * @throws StreamCsvError `SCSV_CROSS_SITE`
 */
export function requireOwnSite({ method, headers }: Pick<IncomingMessage, "method" | "headers">): void {
  if (harmless.has(method)) return;
  const { origin, host = "", "sec-fetch-site": site } = headers;
  const isOther = typeof site === "string" && !ownSite.has(site);
  if (!isOther && (origin === undefined || hostOf(origin) === host.toLowerCase())) return;
  const message = `A page of another site can't make a ${method} request here.`;
  throw new StreamCsvError("SCSV_CROSS_SITE", message);
}

/** The host with its port, as browsers put it into Host too; undefined for an origin that is hidden (`null`). */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
