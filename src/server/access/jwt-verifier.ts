import { isDeepStrictEqual } from "node:util";
import type * as Jose from "jose";
import type { JWTPayload, JWTVerifyGetKey } from "jose";
import type { Logger } from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import { StreamCsvError } from "../../errors.ts";
import type { JwtSettings } from "./access-settings.ts";
import { tokenHolder, type Caller } from "./caller.ts";
import { boundByClaims } from "./claims.ts";
import { issuerKeys, type KeyTimes } from "./issuer-keys.ts";
import { unauthorized } from "./unauthorized.ts";

const usualTimes: KeyTimes = {
  maxAgeMs: 10 * 60_000,
  cooldownMs: 10_000,
  fetchTimeoutMs: 5000,
  retryMs: 1000,
};

/** Public keys alone. With HS256 the public key would be the secret; `none` needs no key at all (RFC 8725, section 2.1). */
const algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
/** How far the clocks of the issuer and of this machine may be apart. */
const clockToleranceSeconds = 10;
/** OpenID Connect limits a subject to as many letters. */
const longestSubject = 255;

/** Whether a token has the form of a signed JWT: three parts, of which the first is an object of JSON. */
export function looksLikeJwt(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(token);
}

/** The package that checks JWTs, and what finds the key of one. */
interface Loaded {
  readonly jose: typeof Jose;
  readonly keyOf: JWTVerifyGetKey;
}

/** Checks JWTs with the keys of their issuer, which are fetched when they are needed, and kept. */
export class JwtVerifier {
  readonly #settings: JwtSettings;
  readonly #log: Logger;
  readonly #times: KeyTimes;
  readonly #clock: Clock;
  readonly #importJose: () => Promise<typeof Jose>;
  #loading: Promise<Loaded> | undefined;

  constructor(
    settings: JwtSettings,
    log: Logger,
    clock: Clock = systemClock,
    times: KeyTimes = usualTimes,
    importJose: () => Promise<typeof Jose> = () => import("jose"),
  ) {
    this.#settings = settings;
    this.#log = log;
    this.#clock = clock;
    this.#times = times;
    this.#importJose = importJose;
    // Not when the first token comes: clients may have taken all descriptors then, and Node 20 keeps the failure of an import.
    this.#load().catch(() => undefined);
  }

  /** Whether it checks by these settings. */
  isOf(settings: JwtSettings): boolean {
    return isDeepStrictEqual(settings, this.#settings);
  }

  /**
   * @returns the holder of a JWT
   * @throws StreamCsvError `SCSV_UNAUTHORIZED`, whatever is wrong with it; `SCSV_FORBIDDEN` if it is good, but lacks a claim that
   *   decides a parameter; `SCSV_KEYS_UNAVAILABLE`
   */
  async verify(token: string, wallMs: number): Promise<Caller> {
    const { parameters = {}, exports: patterns, slots, rate } = this.#settings;
    const claims = await this.#claimsOf(token, wallMs);
    const { sub } = claims;
    if (typeof sub !== "string" || sub === "" || sub.length > longestSubject) throw unauthorized();
    const bound = boundByClaims(parameters, claims);
    if (bound === undefined) throw new StreamCsvError("SCSV_FORBIDDEN", "This request needs another token.");
    return tokenHolder({
      // Names of configured tokens have no colon, so that no subject can take one of them.
      name: `jwt:${sub}`,
      parameters: bound,
      ...(patterns === undefined ? {} : { exports: patterns }),
      ...(slots === undefined ? {} : { slots }),
      ...(rate === undefined ? {} : { rate }),
    });
  }

  async #claimsOf(token: string, wallMs: number): Promise<JWTPayload> {
    const { issuer, audience } = this.#settings;
    const { jose, keyOf } = await this.#load();
    try {
      const { payload } = await jose.jwtVerify(token, keyOf, {
        algorithms,
        issuer,
        audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(wallMs),
      });
      return payload;
    } catch (error) {
      if (error instanceof StreamCsvError) throw error;
      throw unauthorized();
    }
  }

  /** @throws what importing the package throws; then the next call tries again, in vain with Node 20 */
  async #load(): Promise<Loaded> {
    this.#loading ??= this.#prepare().catch((error: unknown) => {
      this.#loading = undefined;
      throw error;
    });
    return await this.#loading;
  }

  async #prepare(): Promise<Loaded> {
    const jose = await this.#importJose();
    const { jwks } = this.#settings;
    return {
      jose,
      keyOf: issuerKeys({ jose, jwks, times: this.#times, log: this.#log, clock: this.#clock }),
    };
  }
}
