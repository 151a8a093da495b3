const zero = 0x30;
const minus = 0x2d;

/** `00` to `99` as two bytes in one number, the first digit in the lower one: two digits are written at once. */
const pairs = new Uint16Array(100);
for (let value = 0; value < 100; value += 1)
  pairs[value] = (zero + Math.floor(value / 10)) | ((zero + (value % 10)) << 8);

/** A whole number from 0 to 9999 as four digits, the first one in the lowest byte. */
function quad(value: number): number {
  const high = (value / 100) | 0;
  return (pairs[high] ?? 0) | ((pairs[value - high * 100] ?? 0) << 16);
}

// These functions may overwrite up to three bytes behind what they write, so cells have to be written from the beginning to
// the end.

/** Writes a whole number from 0 to 999,999,999 with exactly `count` digits, 1 to 9; gives the place behind it. */
export function writePadded(view: DataView, at: number, value: number, count: number): number {
  const low = value | 0;
  if (count <= 4) {
    view.setInt32(at, quad(low) >>> (8 * (4 - count)), true);
    return at + count;
  }
  const high = (low / 10_000) | 0;
  const place = writePadded(view, at, high, count - 4);
  view.setInt32(place, quad(low - high * 10_000), true);
  return place + 4;
}

/** Writes a whole number from 0 to 99 as two digits, and nothing more. */
export function writePair(view: DataView, at: number, value: number): number {
  view.setInt16(at, pairs[value] ?? 0, true);
  return at + 2;
}

/** Writes a whole number from 0 to 9999 without leading zeros. */
function writeSmall(view: DataView, at: number, value: number): number {
  const count = value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  view.setInt32(at, quad(value) >>> (8 * (4 - count)), true);
  return at + count;
}

/** Writes a whole number from 0 to 99,999,999 without leading zeros. */
function writeMiddle(view: DataView, at: number, value: number): number {
  if (value < 10_000) return writeSmall(view, at, value);
  const high = (value / 10_000) | 0;
  const place = writeSmall(view, at, high);
  view.setInt32(place, quad(value - high * 10_000), true);
  return place + 4;
}

/** Writes a safe integer; −0 is 0. At most 17 bytes. */
export function writeInteger(view: DataView, at: number, value: number): number {
  let place = at;
  let size = value;
  if (size < 0) {
    view.setInt8(place, minus);
    place += 1;
    size = -size;
  }
  if (size < 100_000_000) return writeMiddle(view, place, size | 0);
  const high = Math.floor(size / 100_000_000);
  place = writeMiddle(view, place, high | 0);
  const low = (size - high * 100_000_000) | 0;
  const upper = (low / 10_000) | 0;
  view.setInt32(place, quad(upper), true);
  view.setInt32(place + 4, quad(low - upper * 10_000), true);
  return place + 8;
}

const powersOfTen = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
const inversePowers = powersOfTen.map((power) => 1 / power);

/** The greatest scale {@link writeDecimal} takes. */
export const greatestScale = powersOfTen.length - 1;

/** Writes a safe integer divided by 10^scale, with all digits of the scale. At most 20 bytes. */
export function writeDecimal(
  view: DataView,
  at: number,
  unscaled: number,
  scale: number,
  separator: number,
): number {
  if (scale === 0) return writeInteger(view, at, unscaled);
  let place = at;
  let size = unscaled;
  if (size < 0) {
    view.setInt8(place, minus);
    place += 1;
    size = -size;
  }
  const power = powersOfTen[scale] ?? 1;
  // A product is quicker than a quotient, but may be too large or too small by one; the remainder shows it. Where the
  // product with the power might not be exact, there is a division, which is never too small.
  let whole = Math.floor(size < 2 ** 31 ? size * (inversePowers[scale] ?? 1) : size / power);
  let fraction = size - whole * power;
  if (fraction < 0) {
    whole -= 1;
    fraction += power;
  } else if (fraction >= power) {
    whole += 1;
    fraction -= power;
  }
  place = writeInteger(view, place, whole);
  view.setInt8(place, separator);
  place += 1;
  if (scale <= 9) return writePadded(view, place, fraction, scale);
  const high = Math.floor(fraction / 1_000_000_000);
  place = writePadded(view, place, high, scale - 9);
  return writePadded(view, place, fraction - high * 1_000_000_000, 9);
}

/**
 * Writes a finite number as `String` writes it, if it is whole or has at most six digits after the point; else gives
 * −1. It is read from its array here, since a number with a fraction takes a piece of the heap when it is passed. A decimal of at most 15 digits that reads back to a number is the shortest one that does, since no two such
 * decimals read as the same number: so it is what `String` finds. At most 20 bytes.
 */
export function writeShortFloat(
  view: DataView,
  at: number,
  values: Float64Array,
  row: number,
  separator: number,
): number {
  const value = values[row] ?? 0;
  if (Math.trunc(value) === value)
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? writeInteger(view, at, value) : -1;
  if (Math.abs(value) >= 1e9) return -1;
  // Two digits, as in amounts of money, are tried first, so that fewer trailing zeros have to be removed.
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
  return writeDecimal(view, at, scaled, scale, separator);
}

/** A whole number from 0 on as text of so many digits. */
export function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
