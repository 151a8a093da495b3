import { backslash, hexValue, isJsonBlank, quote } from "./json-bytes.ts";

/** The meaning of the letter after a backslash. A letter that is not listed means itself. */
const escapes = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ b: 0x08, f: 0x0c, n: 0x0a, r: 0x0d, t: 0x09 }))
  escapes[letter.charCodeAt(0)] = byte;

/**
 * Writes a string's text, which is between `from` and `to`, to `target` from `at` on, with its escapes resolved. Returns the end.
 * The text never becomes longer, so it may overwrite the string itself. A lone surrogate, which UTF-8 can't represent, becomes
 * U+FFFD.
 */
export function writeUnescaped(
  bytes: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): number {
  let place = at;
  let index = from;
  while (index < to) {
    const byte = bytes[index] ?? 0;
    if (byte !== backslash) {
      target[place] = byte;
      place += 1;
      index += 1;
      continue;
    }
    const letter = bytes[index + 1] ?? 0;
    if (letter !== 0x75) {
      target[place] = escapes[letter] || letter;
      place += 1;
      index += 2;
      continue;
    }
    const unit = unitAt(bytes, index);
    index += 6;
    let point = unit;
    if (unit >= 0xd800 && unit <= 0xdfff) {
      const low = index + 6 <= to ? unitAt(bytes, index) : -1;
      if (unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        index += 6;
      } else point = 0xfffd;
    }
    place = writePoint(target, place, point);
  }
  return place;
}

/** Returns the code unit of a `\uXXXX` at a position, or −1 if there is none. */
function unitAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== backslash || bytes[at + 1] !== 0x75) return -1;
  let unit = 0;
  for (let digit = at + 2; digit < at + 6; digit += 1) unit = unit * 16 + hexValue(bytes[digit] ?? 0);
  return unit;
}

function writePoint(target: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    target[at] = point;
    return at + 1;
  }
  if (point < 0x800) {
    target[at] = 0xc0 | (point >> 6);
    target[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    target[at] = 0xe0 | (point >> 12);
    target[at + 1] = 0x80 | ((point >> 6) & 0x3f);
    target[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  target[at] = 0xf0 | (point >> 18);
  target[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  target[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  target[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** Removes the insignificant white space from a JSON text, in place. Returns the new end. */
export function compactJson(bytes: Uint8Array, from: number, to: number): number {
  let place = from;
  let isInString = false;
  for (let index = from; index < to; index += 1) {
    const byte = bytes[index] ?? 0;
    if (!isInString && isJsonBlank(byte)) continue;
    bytes[place] = byte;
    place += 1;
    if (byte === quote) isInString = !isInString;
    else if (byte === backslash) {
      // An escaped character does not end the string.
      index += 1;
      bytes[place] = bytes[index] ?? 0;
      place += 1;
    }
  }
  return place;
}
