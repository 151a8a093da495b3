import { BadHeaderError, wrongType } from "../../errors.ts";
import { describeValue } from "../../body/chunk.ts";

/** C0, DEL and C1. A header value may contain a tab and C1, which HTTP calls obs-text. */
const controlCharacter = /\p{Cc}/u;
const allowedInValue = /^[\t\x20-\x7e\x80-\u{10ffff}]*$/u;
/** What nearly all values are; nothing else needs to be looked for in them. */
const printableAscii = /^[\x20-\x7e]*$/;
const notLatin1 = /[\u0100-\uffff]/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Checks a header name, which is a token (RFC 9110, section 5.6.2).
 * @throws BadHeaderError `SCSV_BAD_HEADER` for any other character; TypeError `SCSV_ARG_TYPE` if it is not a string
 */
export function checkHeaderName(name: unknown): string {
  if (typeof name !== "string") throw wrongType(`A header's name is text, not ${describeValue(name)}.`);
  if (!token.test(name)) {
    throw new BadHeaderError(
      `${describeValue(name)} is not a header name. Use letters, digits and -, without line breaks, spaces or colons.`,
    );
  }
  return name;
}

/**
 * The text that is sent as a header value: Latin-1 unchanged, other text as one encoded word (RFC 2047), numbers as
 * digits.
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a line break or another control character (RFC 9110, section 5.5);
 *   TypeError `SCSV_ARG_TYPE` if it is neither text nor a number
 */
export function checkHeaderValue(name: string, value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "string") {
    throw wrongType(`The header ${name} takes text or a number, not ${describeValue(value)}.`);
  }
  if (printableAscii.test(value)) return value;
  if (!allowedInValue.test(value)) {
    throw new BadHeaderError(
      `The header ${name} can't hold a line break or another control character: ${describeValue(value)}.`,
    );
  }
  if (!value.isWellFormed()) {
    throw new BadHeaderError(
      `The header ${name} can't hold half of a surrogate pair: ${describeValue(value)}.`,
    );
  }
  return notLatin1.test(value) ? `=?utf-8?b?${Buffer.from(value, "utf8").toString("base64")}?=` : value;
}

/**
 * Checks a reason phrase.
 * @throws BadHeaderError `SCSV_BAD_HEADER` for a control character or one outside Latin-1; TypeError `SCSV_ARG_TYPE`
 *   if it is not a string
 */
export function checkReasonPhrase(phrase: unknown): string {
  if (typeof phrase !== "string") throw wrongType(`A reason phrase is text, not ${describeValue(phrase)}.`);
  if (controlCharacter.test(phrase) || notLatin1.test(phrase)) {
    throw new BadHeaderError(
      `A reason phrase can't hold control characters, or any outside Latin-1: ${describeValue(phrase)}.`,
    );
  }
  return phrase;
}

/**
 * Checks the name of a cookie, which is a token (RFC 6265, section 4.1.1).
 * @throws BadHeaderError `SCSV_BAD_HEADER`
 */
export function checkCookieName(name: string): void {
  if (token.test(name)) return;
  throw new BadHeaderError(
    `A cookie can't be named ${describeValue(name)}: use letters, digits, - and _, without spaces, "=" or separators.`,
  );
}

/**
 * Checks a part of a cookie before the cookie library gets it.
 * @throws BadHeaderError for a control character, or for `;`, which would begin an attribute
 */
export function checkCookiePart(part: string, value: string): void {
  if (controlCharacter.test(value) || value.includes(";")) {
    throw new BadHeaderError(
      `The ${part} of a cookie can't hold ";", a line break or another control character: ${describeValue(value)}.`,
    );
  }
}
