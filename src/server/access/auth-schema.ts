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
import { exportPatterns, limitEntries } from "./access-schema.ts";
import type { AuthSettings } from "./access-settings.ts";
import { isLoopback } from "./request-origin.ts";

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
