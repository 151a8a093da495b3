import { types } from "node:util";
import { stringifySetCookie } from "cookie";
import type { Clock } from "../../clock.ts";
import { checkOptionNames } from "../../check-arguments.ts";
import { BadHeaderError, isCodedError, toError, wrongRange, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";
import { formatHttpDate } from "./http-date.ts";
import { checkCookieName, checkCookiePart } from "./header-value.ts";

/** Browsers drop a cookie whose name and value are longer together, and ignore a longer attribute (RFC 6265bis, section 5.6). */
const mostBytes = 4096;
const mostAttributeBytes = 1024;

/** The attributes of a cookie (RFC 6265). */
export interface CookieOptions {
  /** Lifetime in seconds, truncated to whole seconds; Expires is derived from it for old clients. */
  readonly maxAge?: number;
  /** End of the lifetime: a `Date`, from which Max-Age is derived, or text that is sent unchanged. */
  readonly expires?: Date | string;
  /** @default "/" */
  readonly path?: string;
  readonly domain?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  /** `lax`, `none` or `strict`, in any case. */
  readonly sameSite?: string;
  readonly partitioned?: boolean;
  /** Encodes the value. @default encodeURIComponent */
  readonly encode?: (value: string) => string;
}

/** Identifies the cookie to delete: path, domain and the others must be the ones it was set with. */
export type DeleteCookieOptions = Pick<CookieOptions, "path" | "domain" | "sameSite" | "partitioned">;

/**
 * One Set-Cookie line.
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a character that isn't allowed in a cookie
 * @throws RangeError `SCSV_ARG_RANGE` for a `Date` beside `maxAge`, an invalid date, an unknown `sameSite`, or a cookie that
 *   browsers drop: `sameSite: "none"` or `partitioned` without `secure`, or a name whose prefix asks for other attributes
 * @throws TypeError `SCSV_ARG_TYPE` for a name, value or attribute of the wrong type
 */
export function formatCookie(name: string, value: string, options: CookieOptions, clock: Clock): string {
  checkTypes("setCookie()", name, value, options);
  const { path = "/", domain, secure = false, httpOnly = false, partitioned = false } = options;
  checkCookieName(name);
  if (options.encode === undefined) checkCookiePart("value", value);
  const sameSite = checkSameSite(options.sameSite);
  requireKept(name, { path, domain, secure, httpOnly, partitioned, sameSite });
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
      options.encode && { encode: (text) => encodeWith(options.encode, text) },
    );
  } catch (error) {
    if (isCodedError(error)) throw error;
    throw new BadHeaderError(
      `The cookie ${describeValue(name)} has a part that isn't allowed: ${toError(error).message}.`,
      { cause: error },
    );
  }
  // The name is a token, and the value has no semicolon.
  const pairBytes = line.split(";", 1).join("").length - "=".length;
  if (pairBytes > mostBytes)
    throw wrongRange(
      `Browsers drop the cookie ${describeValue(name)}: its name and value have ${pairBytes} bytes, and ${mostBytes} are allowed.`,
    );
  if (expires !== undefined) line += `; Expires=${expires}`;
  if (sameSite !== undefined) line += `; SameSite=${sameSite}`;
  return line;
}

/** The Set-Cookie line that makes a client forget a cookie. */
export function formatCookieDeletion(name: string, options: DeleteCookieOptions, clock: Clock): string {
  checkTypes("deleteCookie()", name, "", options);
  // Browsers ignore a deletion that lacks what one of these requires.
  const httpOnly = httpPrefix.test(name);
  const needsSecure =
    securePrefix.test(name) ||
    (typeof options.sameSite === "string" && options.sameSite.toLowerCase() === "none") ||
    options.partitioned === true;
  const expires = "Thu, 01 Jan 1970 00:00:00 GMT";
  return formatCookie(name, "", { ...options, maxAge: 0, expires, secure: needsSecure, httpOnly }, clock);
}

/** Prefixes of names for which browsers require Secure, and HttpOnly too. */
const securePrefix = /^__(?:secure|host|http)-/i;
const httpPrefix = /^__(?:host-)?http-/i;

/** Max-Age and Expires, each derived from the other if only one is given. */
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
      throw wrongRange(
        "A cookie takes expires as a Date, or maxAge, not both: each is derived from the other.",
      );
    }
    if (Number.isNaN(expires.getTime())) throw wrongRange("A cookie's expires is an invalid date.");
    // Rounded up by a second, so that the transfer time of the answer doesn't shorten the lifetime.
    const seconds = Math.max(0, Math.trunc((expires.getTime() - clock.wallMs()) / 1000) + 1);
    return { maxAge: seconds, expires: formatHttpDate(expires.getTime()) };
  }
  return maxAge === undefined ? {} : { maxAge, expires: formatHttpDate(clock.wallMs() + maxAge * 1000) };
}

function checkSameSite(sameSite: string | undefined): string | undefined {
  if (sameSite === undefined || sameSite === "") return undefined;
  if (!/^(?:lax|none|strict)$/i.test(sameSite)) {
    throw wrongRange(`A cookie's sameSite is "lax", "none" or "strict", not ${describeValue(sameSite)}.`);
  }
  return sameSite;
}

/** @throws TypeError `SCSV_ARG_TYPE` for a result that is not text, such as the promise of an async function */
function encodeWith(encode: CookieOptions["encode"], value: string): string {
  const encoded: unknown = encode?.(value);
  if (typeof encoded !== "string")
    throw wrongType(`A cookie's encode must return text, not ${describeValue(encoded)}.`);
  return encoded;
}

/** The attributes that decide whether a browser keeps a cookie, with their defaults. */
interface ResolvedAttributes {
  readonly path: string;
  readonly domain: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly partitioned: boolean;
  readonly sameSite: string | undefined;
}

/**
 * Refuses a cookie that a browser would silently drop (RFC 6265bis, sections 4.1.2.7 and 4.1.3; CHIPS).
 * @throws RangeError `SCSV_ARG_RANGE`
 */
function requireKept(
  name: string,
  { path, domain, secure, httpOnly, partitioned, sameSite }: ResolvedAttributes,
): void {
  const drop = (why: string): never => {
    throw wrongRange(`Browsers drop the cookie ${describeValue(name)}: ${why}.`);
  };
  if (!secure && securePrefix.test(name)) drop("the prefix of its name requires secure: true");
  if (!httpOnly && httpPrefix.test(name)) drop("the prefix of its name requires httpOnly: true");
  if (/^__host-/i.test(name)) {
    if (domain !== undefined)
      drop(`a name with __Host- allows no domain, and it has ${describeValue(domain)}`);
    if (path !== "/") drop(`a name with __Host- requires the path "/", and it has ${describeValue(path)}`);
  }
  for (const [attribute, value = ""] of Object.entries({ path, domain })) {
    if (value.length > mostAttributeBytes)
      throw wrongRange(
        `Browsers ignore the ${attribute} of the cookie ${describeValue(name)}: it has ${value.length} bytes, and ${mostAttributeBytes} are allowed.`,
      );
  }
  if (!secure && sameSite?.toLowerCase() === "none") drop('sameSite: "none" requires secure: true');
  if (!secure && partitioned) drop("partitioned requires secure: true");
}

const optionTypes = {
  maxAge: "number",
  path: "string",
  domain: "string",
  secure: "boolean",
  httpOnly: "boolean",
  sameSite: "string",
  partitioned: "boolean",
  encode: "function",
} as const satisfies Partial<Record<keyof CookieOptions, string>>;

/** @throws TypeError `SCSV_ARG_TYPE`, naming the argument */
function checkTypes(caller: string, name: unknown, value: unknown, options: CookieOptions): void {
  for (const [part, text] of Object.entries({ name, value })) {
    if (typeof text !== "string")
      throw wrongType(`The ${part} of a cookie is text, not ${describeValue(text)}.`);
  }
  checkOptionNames(caller, options, [...Object.keys(optionTypes), "expires"]);
  for (const [option, type] of Object.entries(optionTypes)) {
    const given: unknown = Reflect.get(options, option);
    if (given !== undefined && typeof given !== type)
      throw wrongType(`A cookie's ${option} is a ${type}, not ${describeValue(given)}.`);
  }
  const { expires } = options;
  if (expires !== undefined && typeof expires !== "string" && !types.isDate(expires))
    throw wrongType(`A cookie's expires is a Date or text, not ${describeValue(expires)}.`);
}
