import { padded, writePadded, writePair } from "./digits.ts";

/** Milliseconds of a day. */
export const millisecondsPerDay = 86_400_000;
const firstDay = -719_528; // 0000-01-01
/** The first day of the year 1; PostgreSQL writes those before it in another way. */
export const firstPostgresDay = -719_162;
const lastDay = 2_932_896; // 9999-12-31

/** Writes a day of the years 0 to 9999 as `YYYY-MM-DD`, ten bytes; −1 for any other, and for NaN. */
export function writeDay(view: DataView, at: number, days: number): number {
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
  writePadded(view, at, year, 4);
  view.setInt8(at + 4, 0x2d);
  writePair(view, at + 5, month);
  view.setInt8(at + 7, 0x2d);
  return writePair(view, at + 8, day);
}

/**
 * Days that were written recently, each at the position that the low bits of its number give. The instants of a table
 * usually lie on a few thousand days, so only the time of day is left to write. An entry holds the day's number and its
 * text, `YYYY-MM-DDT`.
 */
const knownDays = 4096;
const dayBytes = 16;
const dayNumbers = new Int32Array(knownDays).fill(lastDay + 1);
const dayView = new DataView(new Uint8Array(knownDays * dayBytes).fill(0x54).buffer);

/** `HH:MM:` for the minutes of a day, eight bytes each. */
const minuteView = table(
  1440,
  8,
  (minute) => `${padded(Math.floor(minute / 60), 2)}:${padded(minute % 60, 2)}:`,
);
/** `SS.` for the seconds of a minute, four bytes each. */
const secondView = table(60, 4, (second) => `${padded(second, 2)}.`);
/** `mmmZ` for the milliseconds of a second. */
const millisecondView = table(1000, 4, (millisecond) => `${padded(millisecond, 3)}Z`);

/**
 * Writes an instant as `toISOString` does, 24 bytes, given its day and the milliseconds of that day; −1 for years outside
 * 0 to 9999 and for NaN. The two are small numbers, where an instant as a whole would take a piece of the heap each time
 * it is passed. Each part is copied from a table, and what a copy has too much is overwritten by the next.
 */
export function writeInstant(view: DataView, at: number, days: number, ofDay: number): number {
  if (!(days >= firstDay && days <= lastDay)) return -1;
  const known = days & (knownDays - 1);
  if (dayNumbers[known] !== days) {
    dayNumbers[known] = days;
    writeDay(dayView, known * dayBytes, days);
  }
  const seconds = (ofDay / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  view.setFloat64(at, dayView.getFloat64(known * dayBytes, true), true);
  view.setInt32(at + 8, dayView.getInt32(known * dayBytes + 8, true), true);
  view.setFloat64(at + 11, minuteView.getFloat64(minutes * 8, true), true);
  view.setInt32(at + 17, secondView.getInt32((seconds - minutes * 60) * 4, true), true);
  view.setInt32(at + 20, millisecondView.getInt32((ofDay - seconds * 1000) * 4, true), true);
  return at + 24;
}

/** Writes what an instant has beyond its milliseconds, 0 to 999 microseconds, behind the instant. */
export function writeMicroseconds(view: DataView, end: number, microseconds: number): number {
  if (end < 0 || microseconds === 0) return end;
  writePadded(view, end - 1, microseconds, 3);
  view.setInt8(end + 2, 0x5a);
  return end + 3;
}

/** Turns an instant that ends at `end` into one with a blank for the `T`, no `Z`, and no fraction of zero. */
export function withBlank(view: DataView, at: number, end: number): number {
  if (end < 0) return end;
  view.setInt8(at + 10, 0x20);
  const isWhole =
    end - at === 24 &&
    view.getInt8(at + 20) === 0x30 &&
    view.getInt8(at + 21) === 0x30 &&
    view.getInt8(at + 22) === 0x30;
  return isWhole ? at + 19 : end - 1;
}

/**
 * Turns an instant that ends at `end` into PostgreSQL's form: a blank for the `T`, no zeros at the end of a fraction, and
 * `+00` or nothing for the `Z`.
 */
export function toPostgres(view: DataView, at: number, end: number, isZoned: boolean): number {
  if (end < 0) return end;
  view.setInt8(at + 10, 0x20);
  let last = end - 1;
  while (view.getInt8(last - 1) === 0x30 && last > at + 20) last -= 1;
  // The point, when nothing is left behind it.
  if (last === at + 20) last -= 1;
  if (!isZoned) return last;
  view.setInt8(last, 0x2b);
  view.setInt16(last + 1, 0x3030);
  return last + 3;
}

/** Texts of ASCII, each in so many bytes. */
function table(count: number, bytesEach: number, textOf: (index: number) => string): DataView {
  const bytes = new Uint8Array(count * bytesEach);
  for (let index = 0; index < count; index += 1) {
    const text = textOf(index);
    for (let place = 0; place < text.length; place += 1)
      bytes[index * bytesEach + place] = text.charCodeAt(place);
  }
  return new DataView(bytes.buffer);
}
