import { wrongRange } from "../../errors.ts";

/** The charsets Node can both write and read without loss. */
type Encoding = "utf8" | "latin1" | "ascii" | "utf16le";

const encodings: Readonly<Record<string, Encoding>> = {
  "utf-8": "utf8",
  utf8: "utf8",
  "iso-8859-1": "latin1",
  "iso8859-1": "latin1",
  "latin-1": "latin1",
  latin1: "latin1",
  "us-ascii": "ascii",
  ascii: "ascii",
  "utf-16le": "utf16le",
  utf16le: "utf16le",
};

const utf8Encoder = new TextEncoder();

/**
 * Encodes text in a charset. A character that the charset lacks is an error; Node would write a `?` or truncate the
 * code point.
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown charset, or text that doesn't fit it
 */
export function encodeText(text: string, charset: string): Uint8Array {
  const encoding = findEncoding(charset);
  const fits = {
    utf8: isWellFormed,
    utf16le: isWellFormed,
    latin1: isLatin1,
    ascii: isAscii,
  }[encoding];
  if (!fits(text)) {
    throw wrongRange(
      `Text can't be written in the charset "${charset}": ${describeMisfit(text, fits)}. Use utf-8, and check for halves of surrogate pairs.`,
    );
  }
  if (encoding === "utf8") return utf8Encoder.encode(text);
  const buffer = Buffer.from(text, encoding);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/**
 * Decodes the bytes of a charset. A byte order mark is kept.
 * @throws TypeError when the bytes aren't of that charset
 * @throws RangeError `SCSV_ARG_RANGE` for an unknown charset
 */
export function decodeText(bytes: Uint8Array, charset: string): string {
  const encoding = findEncoding(charset);
  if (encoding === "utf8" || encoding === "utf16le") {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  }
  // TextDecoder decodes iso-8859-1 as windows-1252, and Buffer decodes ascii as latin1 with the top bit cleared.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  if (encoding === "ascii" && !isAscii(text))
    throw new TypeError("The content holds bytes that aren't us-ascii.");
  return text;
}

/** Whether text can be written in that charset. */
export function isKnownCharset(charset: string): boolean {
  return Object.hasOwn(encodings, charset.toLowerCase());
}

/** The `charset` parameter of a media type, without quotes; undefined if it is missing or empty. */
export function parseCharset(contentType: string): string | undefined {
  const match = /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  return (match?.[1] ?? match?.[2])?.trim() || undefined;
}

function findEncoding(charset: string): Encoding {
  const name = charset.toLowerCase();
  const encoding = Object.hasOwn(encodings, name) ? encodings[name] : undefined;
  if (encoding === undefined) {
    throw wrongRange(
      `"${charset}" is not a supported charset. Use utf-8, iso-8859-1, us-ascii or utf-16le, or pass bytes.`,
    );
  }
  return encoding;
}

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

function isLatin1(text: string): boolean {
  return !/[\u0100-\uffff]/.test(text);
}

export function isAscii(text: string): boolean {
  return !/[\u0080-\uffff]/.test(text);
}

function describeMisfit(text: string, fits: (text: string) => boolean): string {
  for (const character of text) {
    if (!fits(character))
      return `it holds U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  }
  return "it holds a character outside it";
}
