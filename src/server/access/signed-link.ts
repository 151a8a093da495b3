import { createHmac, timingSafeEqual } from "node:crypto";
import type { LinkKey } from "./access-settings.ts";

/** What a link is good for: the path, and all parameters but the signature, as they are decoded. */
interface LinkTarget {
  /** As it is sent; it is decoded segment by segment, so that `%2F` stays within its segment. */
  readonly path: string;
  readonly parameters: Iterable<readonly [name: string, value: string]>;
}

const digestBytes = 32;

/**
 * The text that is signed: the method, the path and the parameters, each in one form only, so that a proxy that encodes a
 * link anew doesn't break it. docs/guides/links.md has the same in other languages.
 */
export function canonicalLink({ path, parameters }: LinkTarget): string {
  // The pairs are ASCII, so that code units, code points and bytes have the same order.
  const pairs = encodePairs(parameters).toSorted((left, right) => (left < right ? -1 : 1));
  return `GET\n${encodePath(path)}\n${pairs.join("&")}`;
}

/**
 * Signs a path with its parameters, and returns the path with all of them and the signature: HMAC-SHA-256 in base64url
 * without padding.
 * @param expiresAt the moment in seconds since 1970 from which the link is no longer good
 */
export function signLink(path: string, query: URLSearchParams, key: LinkKey, expiresAt: number): string {
  const parameters = new URLSearchParams(query);
  parameters.append("expires", String(expiresAt));
  parameters.append("key", key.id);
  const signature = hmac({ path, parameters }, key.secret).toString("base64url");
  return `${encodePath(path)}?${encodePairs(parameters).join("&")}&signature=${signature}`;
}

/**
 * Whether a link is unchanged, hasn't expired, and was signed with one of the keys. Every check is made whatever the
 * others say, so that neither the answer nor its time tells which one failed.
 */
export function isGoodLink(
  path: string,
  query: URLSearchParams,
  keys: readonly LinkKey[],
  wallMs: number,
): boolean {
  const [expires = "", ...otherExpires] = query.getAll("expires");
  const [id = "", ...otherIds] = query.getAll("key");
  const [signature = "", ...otherSignatures] = query.getAll("signature");
  const key = keys.find((one) => one.id === id);
  const parameters = [...query].filter(([name]) => name !== "signature");
  const expected = hmac({ path, parameters }, (key ?? keys[0])?.secret ?? "");
  const given = Buffer.from(signature, "base64url");
  const isSigned = timingSafeEqual(
    expected,
    given.byteLength === digestBytes ? given : Buffer.alloc(digestBytes),
  );
  const isOnlyForm = given.toString("base64url") === signature;
  const isOnce = otherExpires.length + otherIds.length + otherSignatures.length === 0;
  const isInTime = /^\d{1,15}$/.test(expires) && wallMs < Number(expires) * 1000;
  return isSigned && isOnlyForm && key !== undefined && isOnce && isInTime;
}

function hmac(target: LinkTarget, secret: string): Buffer {
  return createHmac("sha256", secret).update(canonicalLink(target)).digest();
}

function encodePath(path: string): string {
  const segments = path.split("/").map((segment) => encodeStrictly(decodeURIComponent(segment)));
  return segments.join("/");
}

function encodePairs(parameters: LinkTarget["parameters"]): readonly string[] {
  return Array.from(parameters, ([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(value)}`);
}

/** Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
