import { closeBrace, closeBracket, comma, isJsonBlank, isDigit, quote } from "./json-bytes.ts";
import { JsonFault } from "./json-fault.ts";

/** The most characters of the file that a message quotes. */
const quotedBytes = 20;

/**
 * Returns the fault of a token that begins at `start` and can't continue at `stop`. If the token itself is not broken, `expected`
 * names what should be there. `end` is the end of the bytes.
 */
export function wrongToken(
  bytes: Uint8Array,
  start: number,
  stop: number,
  end: number,
  expected?: string,
): JsonFault {
  if (stop >= end) return new JsonFault(end, "the file ends in the middle of it");
  const found = quotedAt(bytes, stop, end);
  const first = bytes[start] ?? 0;
  if (expected === undefined)
    return new JsonFault(
      stop,
      first === quote
        ? stringReason(bytes, stop, end)
        : `${quotedAt(bytes, start, end)} is not a number: digits are missing at ${found}`,
    );
  return new JsonFault(stop, tokenReason(bytes, stop, found, expected));
}

function stringReason(bytes: Uint8Array, stop: number, end: number): string {
  const byte = bytes[stop] ?? 0;
  if (byte >= 0x20) {
    // The position is after the backslash, or among the digits of a \u.
    const start = bytes.lastIndexOf(0x5c, stop - 1);
    return `a string holds ${quotedAt(bytes, start, end)}, which is not an escape: write a backslash as \\\\`;
  }
  const code = byte.toString(16).toUpperCase().padStart(4, "0");
  return `a string holds the control character U+${code}: write it as \\u${code}, or check where the string should end`;
}

function tokenReason(bytes: Uint8Array, stop: number, found: string, expected: string): string {
  const byte = bytes[stop] ?? 0;
  const before = bytes[stop - 1] ?? 0;
  if (isDigit(byte) && isDigit(before)) return `a number begins with 0 and continues with ${found}`;
  let last = stop - 1;
  while (isJsonBlank(bytes[last] ?? 0)) last -= 1;
  if (bytes[last] === comma && (byte === closeBrace || byte === closeBracket))
    return `a comma stands before ${String.fromCharCode(byte)}`;
  const hint = hints.find(({ pattern }) => pattern.test(found))?.hint ?? "";
  return `expected ${expected}, found ${found}${hint}`;
}

const hints: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  { pattern: /^"-?(?:NaN|Infinity|inf|nan)/, hint: ": JSON has no such number, write null" },
  { pattern: /^"'/, hint: ": strings and keys need double quotes" },
  { pattern: /^"\//, hint: ": JSON has no comments" },
  { pattern: /^"[+.]/, hint: ": a number begins with a digit or a minus" },
  { pattern: /^"(?:None|True|False)/, hint: ": write null, true and false" },
  { pattern: /^"\\uFEFF/, hint: ": a byte order mark may only stand at the beginning of the file" },
];

/** The text at a position in JSON's form, shortened. */
function quotedAt(bytes: Uint8Array, at: number, end: number): string {
  const cut = bytes.subarray(at, Math.min(end, at + quotedBytes));
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(cut, { stream: true });
  const [line = ""] = text.split("\n", 1);
  return JSON.stringify(line === "" ? text.slice(0, 1) : line).replaceAll("\uFEFF", "\\uFEFF");
}
