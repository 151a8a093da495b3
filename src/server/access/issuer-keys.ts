import type * as Jose from "jose";
import type { JWTVerifyGetKey } from "jose";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";

/** How often keys are fetched. */
export interface KeyTimes {
  /** How old fetched keys may become. */
  readonly maxAgeMs: number;
  /** After a fetch, how long a token with an unknown key fetches no more: anybody can make such a token. */
  readonly cooldownMs: number;
  /** How long a fetch may take. */
  readonly fetchTimeoutMs: number;
  /** How long no fetch is tried after one that failed. */
  readonly retryMs: number;
}

/** Hundreds of keys with their certificates take less. Without a limit, an answer without an end would take all memory. */
const mostBytes = 1024 * 1024;

/** What the keys of an issuer need. */
export interface IssuerKeysOptions {
  readonly jose: typeof Jose;
  /** The URL of the keys. */
  readonly jwks: string;
  readonly times: KeyTimes;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Finds the key of a token among those of its issuer, which are fetched when they are needed, and kept.
 *
 * jose could decide by itself when to fetch again, but it asks the time of day: where that is set back by a day, it would keep
 * the keys for a day, and refuse tokens with a new one. So the monotonic clock decides here.
 * @returns a function that throws jose's error for a token that no key fits, and `SCSV_KEYS_UNAVAILABLE`
 */
export function issuerKeys({ jose, jwks, times, log, clock }: IssuerKeysOptions): JWTVerifyGetKey {
  const { maxAgeMs, cooldownMs, fetchTimeoutMs, retryMs } = times;
  const keys = jose.createRemoteJWKSet(new URL(jwks), {
    cacheMaxAge: Infinity,
    cooldownDuration: Infinity,
    timeoutDuration: fetchTimeoutMs,
    [jose.customFetch]: async (url, options) => await readLimited(await fetch(url, options)),
  });
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let retryAtMs = Number.NEGATIVE_INFINITY;
  const refresh = async (): Promise<void> => {
    if (clock.nowMs() < retryAtMs) throw unavailable(retryMs);
    try {
      // Requests that come meanwhile wait for the same fetch.
      await keys.reload();
      fetchedAtMs = clock.nowMs();
    } catch (error) {
      // They have the same error.
      if (clock.nowMs() >= retryAtMs) log.error({ err: error, jwks }, "the keys of JWTs can't be fetched");
      retryAtMs = clock.nowMs() + retryMs;
      throw unavailable(retryMs);
    }
  };
  const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported } = jose.errors;
  const ofToken = [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported];
  const find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (ofToken.some((kind) => error instanceof kind)) throw error;
      log.error({ err: error, jwks, kid: header.kid }, "a key of JWTs can't be used");
      throw unavailable(retryMs);
    }
  };
  return async (header, token) => {
    if (clock.nowMs() >= fetchedAtMs + maxAgeMs) await refresh();
    try {
      return await find(header, token);
    } catch (error) {
      const isUnknown = error instanceof JWKSNoMatchingKey;
      if (!isUnknown || clock.nowMs() < fetchedAtMs + cooldownMs) throw error;
      await refresh();
      return await find(header, token);
    }
  };
}

/** Reads an answer to its end. @throws an error that says what the answer is if it isn't a document of keys */
async function readLimited(response: Response): Promise<Response> {
  const { status, headers, body } = response;
  if (status !== 200) {
    await body?.cancel();
    throw new Error(`The answer has status ${status}${leadingTo(headers.get("Location"))}, instead of 200.`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes)
      throw new Error(`The answer is larger than ${mostBytes} bytes, which a document of keys may have.`);
    parts.push(part);
  }
  return new Response(Buffer.concat(parts), { status });
}

/** Redirects aren't followed, since the configuration says whose keys are trusted. A query may hold a secret. */
function leadingTo(location: string | null): string {
  if (location === null) return "";
  return ` and leads to ${JSON.stringify(location.replace(/[?#].*$/s, ""))}, where keys aren't looked for`;
}

function unavailable(retryMs: number): StreamCsvError {
  const message = "The keys with which tokens are checked can't be fetched.";
  const retryAfterSeconds = Math.max(1, Math.ceil(retryMs / 1000));
  return new StreamCsvError("SCSV_KEYS_UNAVAILABLE", message, { retryAfterSeconds });
}
