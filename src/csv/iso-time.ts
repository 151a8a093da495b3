/** The unit of a timestamp. */
export type InstantUnit = "ms" | "us" | "ns";

/** The ticks that mean `infinity` in databases: the greatest 64-bit number, and its negative. */
export const infinity = 2n ** 63n - 1n;
/** The same for days, which are 32-bit numbers. */
const infiniteDays = 2 ** 31 - 1;

const ticksPerSecond: Readonly<Record<InstantUnit, number>> = { ms: 1e3, us: 1e6, ns: 1e9 };
const fractionDigits: Readonly<Record<InstantUnit, number>> = { ms: 3, us: 6, ns: 9 };
const secondsPerDay = 86_400;

/** The parts of an instant, in UTC. */
export interface InstantParts {
  /** Days since 1970-01-01. */
  readonly days: number;
  /** `hh:mm:ss` */
  readonly time: string;
  /** The fraction of the second, with as many digits as the unit has. */
  readonly fraction: string;
}

/**
 * Splits a timestamp of any year into exact parts. ±(2^63 − 1) as a bigint and ±Infinity as a number are `infinity` and
 * `-infinity`. NaN is null.
 */
export function instantParts(
  ticks: number | bigint,
  unit: InstantUnit,
): InstantParts | "infinity" | "-infinity" | null {
  const perSecond = ticksPerSecond[unit];
  let seconds: number;
  let fraction: number;
  if (typeof ticks === "bigint" && !Number.isSafeInteger(Number(ticks))) {
    if (ticks === infinity) return "infinity";
    if (ticks === -infinity) return "-infinity";
    const divisor = BigInt(perSecond);
    const rest = ((ticks % divisor) + divisor) % divisor;
    seconds = Number((ticks - rest) / divisor);
    fraction = Number(rest);
  } else {
    // A fraction of a unit is cut off, as Date does with fractions of a millisecond.
    const whole = Math.trunc(Number(ticks));
    if (Number.isNaN(whole)) return null;
    if (!Number.isFinite(whole)) return whole > 0 ? "infinity" : "-infinity";
    seconds = Math.floor(whole / perSecond);
    fraction = whole - seconds * perSecond;
  }
  const days = Math.floor(seconds / secondsPerDay);
  return {
    days,
    time: timeText(seconds - days * secondsPerDay),
    fraction: padded(fraction, fractionDigits[unit]),
  };
}

/**
 * Formats a timestamp of any year in ISO 8601 and UTC, as `Date.prototype.toISOString` does, down to the nanosecond.
 * The second has three decimals, or six or nine if fewer would lose something.
 */
export function instantText(ticks: number | bigint, unit: InstantUnit): string | null {
  const parts = instantParts(ticks, unit);
  if (parts === null || typeof parts === "string") return parts;
  return `${calendarText(parts.days)}T${parts.time}.${shortened(parts.fraction, 3)}Z`;
}

/**
 * The same with a space instead of the `T`, without a zone, and without a fraction if it is zero. Spreadsheets read this form
 * as a date and a time: `2026-11-28 14:05:09` or `2026-11-28 14:05:09.123`.
 */
export function spacedInstantText(ticks: number | bigint, unit: InstantUnit): string | null {
  const parts = instantParts(ticks, unit);
  if (parts === null || typeof parts === "string") return parts;
  const fraction = shortened(parts.fraction, 0);
  return `${calendarText(parts.days)} ${parts.time}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Removes trailing zeros from a fraction, three at a time, but keeps at least `least` digits. */
function shortened(fraction: string, least: number): string {
  let digits = fraction;
  while (digits.length > least && digits.endsWith("000")) digits = digits.slice(0, -3);
  return digits;
}

/** Formats a day as `YYYY-MM-DD`. Years outside 0 to 9999 have a sign and at least six digits, as in `toISOString`. */
export function dayText(days: number): string {
  return infiniteDayText(days) ?? calendarText(days);
}

/** Returns `infinity` or `-infinity` for the days that mean these. */
export function infiniteDayText(days: number): string | undefined {
  if (days === infiniteDays) return "infinity";
  return days === -infiniteDays ? "-infinity" : undefined;
}

/** A day of the proleptic Gregorian calendar. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/**
 * Returns the calendar day that is `days` days after 1970-01-01.
 * Years begin in March, so that the leap day is the last of its year. Eras of 400 years all have 146,097 days. The result is
 * exact for every day of a 64-bit timestamp, while `Date` ends in the year 275760.
 */
export function calendarDay(days: number): CalendarDay {
  const sinceEpoch = days + 719_468;
  const era = Math.floor(sinceEpoch / 146_097);
  const dayOfEra = sinceEpoch - era * 146_097;
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

function calendarText(days: number): string {
  const { year, month, day } = calendarDay(days);
  const years =
    year >= 0 && year <= 9999 ? padded(year, 4) : `${year < 0 ? "-" : "+"}${padded(Math.abs(year), 6)}`;
  return `${years}-${padded(month, 2)}-${padded(day, 2)}`;
}

function timeText(second: number): string {
  const minutes = Math.floor(second / 60);
  return `${padded(Math.floor(minutes / 60), 2)}:${padded(minutes % 60, 2)}:${padded(second % 60, 2)}`;
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
