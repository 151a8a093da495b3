import {
  check,
  exactOptional,
  nonEmpty,
  pipe,
  record,
  regex,
  strictObject,
  string,
  type GenericSchema,
} from "valibot";
import { exportPatterns, limitEntries, type TokenSettings } from "./access-schema.ts";
import { isLoopback } from "./request-origin.ts";

/** Tokens that somebody else makes. */
export interface AuthSettings {
  readonly jwt: JwtSettings;
}

/** Whose JWTs (RFC 7519) are tokens of a server, and what their holders may do. They are never admins. */
export interface JwtSettings extends Pick<TokenSettings, "exports" | "slots" | "rate"> {
  /** The URL of the issuer's public keys: `https:`, or `http:` on loopback. */
  readonly jwks: string;
  /** What `iss` must be. */
  readonly issuer: string;
  /** What `aud` must be, or have among others. */
  readonly audience: string;
  /**
   * Parameters that are added to each request for an export, and the claims that have their values, such as
   * `claims.tenant_id`. The holder mustn't give them itself, and a JWT without one of the claims may do nothing.
   */
  readonly parameters?: Readonly<Record<string, string>>;
}

const text = pipe(string("it takes text"), nonEmpty("it takes text"));

/** Tokens that somebody else makes, as the configuration has them. */
export const authSchema: GenericSchema<unknown, AuthSettings> = strictObject({
  jwt: strictObject({
    jwks: pipe(
      string("it takes text"),
      check(
        isKeyUrl,
        "it takes a URL that begins with https://, or with http:// on loopback, without user and password",
      ),
    ),
    issuer: text,
    audience: text,
    exports: exportPatterns,
    parameters: exactOptional(
      record(
        string(),
        pipe(
          string("it takes a claim, such as claims.tenant_id"),
          regex(/^claims\../, "it takes a claim, such as claims.tenant_id"),
        ),
        "it takes an object of claims",
      ),
    ),
    ...limitEntries,
  }),
});

/**
 * Whether keys from there prove anything: not if somebody on the way could replace them. A password in the URL would be of no
 * use, since `fetch` refuses it, and would get into the log.
 */
function isKeyUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replaceAll(/[[\]]/g, "")));
}
