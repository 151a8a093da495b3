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

/**
 * A name with a dot behind it is the same name, `[0:0::1]` the same address as `::1`, and `[::ffff:127.0.0.1]`, which a server
 * that listens on it names as its own, the same as `127.0.0.1`.
 */
function oneSpelling(host: string): string {
  const plain = host.replaceAll(/[[\]]|\.$/g, "");
  if (!isIPv6(plain) || plain.includes("%")) return plain;
  const address = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  return [high, low].flatMap((pair) => bytesOf(Number.parseInt(pair, 16))).join(".");
}

function bytesOf(pair: number): readonly number[] {
  return [pair >> 8, pair & 0xff];
}

/**
 * Refuses a request that would change something if a page of another site made it. Browsers say so; programs don't say
 * anything.
 *
 * A proxy may put another Host in the place of the browser's. Then an Origin is this server's if the server answers for its
 * host, and the browser says that the page is of the address that it asks: no page can set that header itself.
 * @throws StreamCsvError `SCSV_CROSS_SITE`
 */
export function requireOwnSite(
  { method, headers }: Pick<IncomingMessage, "method" | "headers">,
  rule: HostRule,
): void {
  if (harmless.has(method)) return;
  const { origin, host = "", "sec-fetch-site": site } = headers;
  const isOther = typeof site === "string" && !ownSite.has(site);
  if (!isOther && (origin === undefined || isOwnOrigin(origin, host, site === "same-origin" ? rule : null)))
    return;
  const message = `A page of another site can't make a ${method} request here.`;
  throw new StreamCsvError("SCSV_CROSS_SITE", message);
}

/** @param rule the hosts of which one is enough, unless it allows all of them by default; null for none */
function isOwnOrigin(origin: string, host: string, rule: HostRule | null): boolean {
  // An origin that is hidden is `null`.
  const [, scheme = "", named] = /^(https?):\/\/([^/]+)$/i.exec(origin) ?? [];
  if (named === undefined) return false;
  // Browsers leave out the port that a scheme has by itself, and proxies may write it.
  const ownPort = scheme.toLowerCase() === "https" ? /:443$/ : /:80$/;
  const [one, other] = [named, host].map((text) => text.toLowerCase().replace(ownPort, ""));
  if (one === other) return true;
  const isLimited = rule !== null && (rule.isLocal || rule.allowedHosts !== null);
  return isLimited && isAllowed(nameOf(named), rule);
}
