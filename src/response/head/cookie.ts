import { stringifySetCookie } from "cookie";
import type { Clock } from "../../clock.ts";
import { BadHeaderError, toError, wrongRange, wrongType } from "../../errors.ts";
import { describeValue } from "../../stream/chunk.ts";
import { checkCookiePart } from "./header-value.ts";

/** The attributes of a cookie (RFC 6265). */
export interface CookieOptions {
  /** Seconds to live, a fraction is cut off; Expires is derived from it for old clients. */
  readonly maxAge?: number;
  /** When it ends: a `Date`, from which Max-Age is derived, or text that is sent as it is. */
  readonly expires?: Date | string;
  /** @default "/" */
  readonly path?: string;
  readonly domain?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** `lax`, `none` or `strict`, in any case. */
  readonly sameSite?: string;
  readonly partitioned?: boolean;
  /** How the value is made safe. @default encodeURIComponent */
  readonly encode?: (value: string) => string;
}

/** Which cookie is deleted: path, domain and the like must be those it was set with. */
export type DeleteCookieOptions = Pick<CookieOptions, "path" | "domain" | "sameSite" | "partitioned">;

/**
 * One Set-Cookie line.
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a character that isn't allowed in a cookie
 * @throws RangeError `SCSV_ARG_RANGE` for a `Date` beside `maxAge`, an invalid date, or an unknown `sameSite`
 * @throws TypeError `SCSV_ARG_TYPE` for a name or value that is no text
 */
export function formatCookie(name: string, value: string, options: CookieOptions, clock: Clock): string {
  const { path = "/", domain, secure = false, httpOnly = false, partitioned = false } = options;
  requireText("name", name);
  requireText("value", value);
  checkCookiePart("name", name);
  if (options.encode === undefined) checkCookiePart("value", value);
  const sameSite = checkSameSite(options.sameSite);
  const { maxAge, expires } = resolveLifetime(options, clock);
  let line: string;
  try {
    line = stringifySetCookie(
      {
        name,
        value,
        path,
        secure,
        httpOnly,
        partitioned,
        ...(maxAge !== undefined && { maxAge }),
        ...(domain !== undefined && { domain }),
      },
      options.encode && { encode: options.encode },
    );
  } catch (error) {
    throw new BadHeaderError(
      `The cookie ${describeValue(name)} has a part that isn't allowed: ${toError(error).message}.`,
      { cause: error },
    );
  }
  if (expires !== undefined) line += `; Expires=${expires}`;
  if (sameSite !== undefined) line += `; SameSite=${sameSite}`;
  return line;
}

/** The Set-Cookie line that makes a client forget a cookie. */
export function formatCookieDeletion(name: string, options: DeleteCookieOptions, clock: Clock): string {
  // Browsers ignore a deletion that lacks Secure where these demand it.
  const needsSecure =
    /^__(?:secure|host)-/i.test(name) ||
    options.sameSite?.toLowerCase() === "none" ||
    options.partitioned === true;
  const expires = "Thu, 01 Jan 1970 00:00:00 GMT";
  return formatCookie(name, "", { ...options, maxAge: 0, expires, secure: needsSecure }, clock);
}

/** Max-Age and Expires, each derived from the other where only one is given. */
function resolveLifetime(
  options: CookieOptions,
  clock: Clock,
): { readonly maxAge?: number; readonly expires?: string } {
  const { expires } = options;
  const maxAge = options.maxAge === undefined ? undefined : Math.trunc(options.maxAge);
  if (maxAge !== undefined && !Number.isSafeInteger(maxAge)) {
    throw wrongRange(`A cookie's maxAge is a number of seconds, not ${describeValue(options.maxAge)}.`);
  }
  if (typeof expires === "string") {
    checkCookiePart("expires", expires);
    return { expires, ...(maxAge !== undefined && { maxAge }) };
  }
  if (expires !== undefined) {
    if (maxAge !== undefined) {
      throw wrongRange("A cookie takes expires as a Date, or maxAge, not both: each gives the other.");
    }
    if (Number.isNaN(expires.getTime())) throw wrongRange("A cookie's expires is an invalid date.");
    // Rounded up by a second, so that the time the answer travels doesn't shorten it.
    const seconds = Math.max(0, Math.trunc((expires.getTime() - clock.wallMs()) / 1000) + 1);
    return { maxAge: seconds, expires: expires.toUTCString() };
  }
  return maxAge === undefined
    ? {}
    : { maxAge, expires: new Date(clock.wallMs() + maxAge * 1000).toUTCString() };
}

function checkSameSite(sameSite: string | undefined): string | undefined {
  if (sameSite === undefined || sameSite === "") return undefined;
  if (!/^(?:lax|none|strict)$/i.test(sameSite)) {
    throw wrongRange(`A cookie's sameSite is "lax", "none" or "strict", not ${describeValue(sameSite)}.`);
  }
  return sameSite;
}

function requireText(part: string, value: unknown): void {
  if (typeof value !== "string")
    throw wrongType(`The ${part} of a cookie is text, not ${describeValue(value)}.`);
}
