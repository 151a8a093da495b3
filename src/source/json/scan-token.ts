import { backslash, hexValue, isDigit, minus, quote, zero } from "./json-bytes.ts";

// A token's end and the outcome are returned in one number, `end * 4 + outcome`, so that no object is made for a token.

/** The token is complete: a string without escapes, or a number without fraction and exponent. */
export const plain = 0;
/** The token is complete: a string with escapes, or a number with a fraction or an exponent. */
export const rich = 1;
/** The byte at `end` is not allowed there, or the bytes end. */
export const broken = 2;

/** Sets the top bit of each byte that is zero in a word, and perhaps of a byte above it. 0 means that no byte is zero. */
function zeroBytes(word: number): number {
  return (word - 0x01010101) & ~word;
}

const fourQuotes = 0x22222222;
const fourBackslashes = 0x5c5c5c5c;
const fourSpaces = 0x20202020;
const topBits = 0x80808080;

/**
 * Finds the end of a string, which is the position of its closing quote. `from` is after the opening one. It reads four bytes at
 * a time. A zero, which no string may contain, and three more bytes must follow the bytes.
 */
export function scanString(bytes: Uint8Array, view: DataView, from: number): number {
  let at = from;
  let outcome = plain;
  for (;;) {
    const word = view.getInt32(at, true);
    const found =
      (zeroBytes(word ^ fourQuotes) |
        zeroBytes(word ^ fourBackslashes) |
        // Control characters have no bit above the lowest five.
        ((word - fourSpaces) & ~word)) &
      topBits;
    if (found === 0) {
      at += 4;
      continue;
    }
    // The lowest bit belongs to the first such byte. Bits above it may be false hits.
    at += (31 - Math.clz32(found & -found)) >> 3;
    const byte = bytes[at] ?? 0;
    if (byte === quote) return at * 4 + outcome;
    if (byte !== backslash) return at * 4 + broken;
    const end = escapeEnd(bytes, at + 1);
    if (end < 0) return ~end * 4 + broken;
    outcome = rich;
    at = end;
  }
}

/** Returns the end of an escape, given the position after its backslash, or `~position` if it is not an escape. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at] ?? 0) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x75: // u
      for (let digit = at + 1; digit <= at + 4; digit += 1)
        if (hexValue(bytes[digit] ?? 0) < 0) return ~digit;
      return at + 5;
    default:
      return ~at;
  }
}

/** Finds the end of a number that begins at `from` with a digit or a minus. */
export function scanNumber(bytes: Uint8Array, from: number): number {
  let at = from;
  if (bytes[at] === minus) at += 1;
  if (bytes[at] === zero) at += 1;
  else {
    const end = digitsEnd(bytes, at);
    if (end === at) return at * 4 + broken;
    at = end;
  }
  let outcome = plain;
  if (bytes[at] === 0x2e) {
    const end = digitsEnd(bytes, at + 1);
    if (end === at + 1) return end * 4 + broken;
    at = end;
    outcome = rich;
  }
  if (((bytes[at] ?? 0) | 0x20) === 0x65) {
    at += 1;
    const sign = bytes[at];
    if (sign === 0x2b || sign === minus) at += 1;
    const end = digitsEnd(bytes, at);
    if (end === at) return at * 4 + broken;
    at = end;
    outcome = rich;
  }
  return at * 4 + outcome;
}

function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isDigit(bytes[at] ?? 0)) at += 1;
  return at;
}
