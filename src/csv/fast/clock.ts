import { writePadded, writePair } from "./digits.ts";

const millisecondsPerDay = 86_400_000;
const firstDay = -719_528; // 0000-01-01
const lastDay = 2_932_896; // 9999-12-31

/** Writes a day of the years 0 to 9999 as `YYYY-MM-DD`, ten bytes; −1 for any other, and for NaN. */
export function writeDay(bytes: Uint8Array, at: number, days: number): number {
  if (!(days >= firstDay && days <= lastDay)) return -1;
  // As in iso-time.ts, years from March; these are small enough for integer arithmetic.
  const sinceEpoch = (days + 719_468) | 0;
  const era = Math.floor(sinceEpoch / 146_097);
  const dayOfEra = (sinceEpoch - era * 146_097) | 0;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + (yearOfEra >> 2) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const day = dayOfYear - (((153 * fromMarch + 2) / 5) | 0) + 1;
  writePadded(bytes, at, year, 4);
  bytes[at + 4] = 0x2d;
  writePair(bytes, at + 5, month);
  bytes[at + 7] = 0x2d;
  return writePair(bytes, at + 8, day);
}

/** Writes whole milliseconds since 1970 as `toISOString` does, 24 bytes; −1 for years outside 0 to 9999 and for NaN. */
export function writeInstant(bytes: Uint8Array, at: number, milliseconds: number): number {
  const days = Math.floor(milliseconds / millisecondsPerDay);
  const end = writeDay(bytes, at, days);
  if (end < 0) return -1;
  const ofDay = (milliseconds - days * millisecondsPerDay) | 0;
  const seconds = (ofDay / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  bytes[end] = 0x54;
  writePair(bytes, end + 1, hours);
  bytes[end + 3] = 0x3a;
  writePair(bytes, end + 4, minutes - hours * 60);
  bytes[end + 6] = 0x3a;
  writePair(bytes, end + 7, seconds - minutes * 60);
  bytes[end + 9] = 0x2e;
  writePadded(bytes, end + 10, ofDay - seconds * 1000, 3);
  bytes[end + 13] = 0x5a;
  return end + 14;
}

/** Writes whole microseconds since 1970 with three digits after the second, or six where it has more; −1 as above. */
export function writeMicroseconds(bytes: Uint8Array, at: number, microseconds: number): number {
  const milliseconds = Math.floor(microseconds / 1000);
  const end = writeInstant(bytes, at, milliseconds);
  const rest = microseconds - milliseconds * 1000;
  if (end < 0 || rest === 0) return end;
  writePadded(bytes, end - 1, rest, 3);
  bytes[end + 2] = 0x5a;
  return end + 3;
}
