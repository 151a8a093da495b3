const zero = 0x30;
const minus = 0x2d;

/** `00` to `99`, one after the other: two digits are written for one division. */
const pairs = new Uint8Array(200);
for (let value = 0; value < 100; value += 1) {
  pairs[2 * value] = zero + Math.floor(value / 10);
  pairs[2 * value + 1] = zero + (value % 10);
}

/** Digits of a whole number from 0 to 2^31 − 1. */
function digitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  if (value < 100_000_000) return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : value < 10_000_000 ? 7 : 8;
  return value < 1_000_000_000 ? 9 : 10;
}

/** Writes a whole number from 0 to 2^31 − 1 with exactly `count` digits; gives the place behind it. */
export function writePadded(bytes: Uint8Array, at: number, value: number, count: number): number {
  let rest = value | 0;
  let place = at + count;
  while (place - at >= 2) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) << 1;
    rest = quotient;
    bytes[place - 1] = pairs[pair + 1] ?? 0;
    bytes[place - 2] = pairs[pair] ?? 0;
    place -= 2;
  }
  if (place > at) bytes[at] = zero + (rest % 10);
  return at + count;
}

/** Writes a whole number from 0 to 99 as two digits. */
export function writePair(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = pairs[2 * value] ?? 0;
  bytes[at + 1] = pairs[2 * value + 1] ?? 0;
  return at + 2;
}

/** Writes a safe integer; −0 is 0. At most 17 bytes. */
export function writeInteger(bytes: Uint8Array, at: number, value: number): number {
  let place = at;
  let size = value;
  if (size < 0) {
    bytes[place] = minus;
    place += 1;
    size = -size;
  }
  if (size < 2_147_483_648) return writePadded(bytes, place, size, digitCount(size));
  const high = Math.floor(size / 100_000_000);
  place = writePadded(bytes, place, high, digitCount(high));
  return writePadded(bytes, place, size - high * 100_000_000, 8);
}

const powersOfTen = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** The greatest scale {@link writeDecimal} takes. */
export const greatestScale = powersOfTen.length - 1;

/** Writes a safe integer divided by 10^scale, with all digits of the scale. At most 20 bytes. */
export function writeDecimal(
  bytes: Uint8Array,
  at: number,
  unscaled: number,
  scale: number,
  separator: number,
): number {
  if (scale === 0) return writeInteger(bytes, at, unscaled);
  let place = at;
  let size = unscaled;
  if (size < 0) {
    bytes[place] = minus;
    place += 1;
    size = -size;
  }
  const power = powersOfTen[scale] ?? 1;
  // The quotient may be rounded up where the division isn't exact; the remainder, exact itself, shows it.
  let whole = Math.floor(size / power);
  let fraction = size - whole * power;
  if (fraction < 0) {
    whole -= 1;
    fraction += power;
  }
  place = writeInteger(bytes, place, whole);
  bytes[place] = separator;
  place += 1;
  if (scale <= 9) return writePadded(bytes, place, fraction, scale);
  const high = Math.floor(fraction / 1_000_000_000);
  place = writePadded(bytes, place, high, scale - 9);
  return writePadded(bytes, place, fraction - high * 1_000_000_000, 9);
}

/**
 * Writes a finite number as `String` writes it, if it is whole or has at most six digits after the point; else gives
 * −1. A decimal of at most 15 digits that reads back to a number is the shortest one that does, since no two such
 * decimals read as the same number: so it is what `String` finds. At most 20 bytes.
 */
export function writeShortFloat(bytes: Uint8Array, at: number, value: number, separator: number): number {
  if (Math.trunc(value) === value)
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? writeInteger(bytes, at, value) : -1;
  if (Math.abs(value) >= 1e9) return -1;
  // Two digits, as amounts of money have them, are tried first: fewer zeros are to be taken off again.
  let scale = 2;
  let scaled = Math.round(value * 100);
  if (scaled / 100 !== value) {
    scale = 6;
    scaled = Math.round(value * 1e6);
    if (scaled / 1e6 !== value) return -1;
  }
  for (let tenth = scaled / 10; Math.trunc(tenth) === tenth; tenth = scaled / 10) {
    scaled = tenth;
    scale -= 1;
  }
  return writeDecimal(bytes, at, scaled, scale, separator);
}

/** A whole number from 0 on as text of so many digits. */
export function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
