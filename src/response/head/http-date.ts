const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * The preferred form, then the two obsolete forms that a recipient must still accept. Each matches a bounded length.
 */
const forms: readonly RegExp[] = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<shortYear>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>\d\d| \d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** A two-digit year more than this far in the future belongs to the previous century (RFC 9110, section 5.6.7). */
const yearsAhead = 50;

/**
 * Parses an HTTP date into milliseconds since 1970, in UTC (RFC 9110, section 5.6.7); undefined for any other text.
 * The day's name isn't compared with the date.
 *
 * `Date.parse` must not be used instead: it accepts `foo 1`, and reads the asctime form as local time.
 * @param nowMs decides the century of a two-digit year
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const groups = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const { year, shortYear = "", month = "", day = "", time = "" } = groups;
  const fullYear = year === undefined ? centuryOf(Number(shortYear), nowMs) : Number(year);
  const monthIndex = monthNames.indexOf(month);
  const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
  // A leap second is allowed, and counts as the first second of the next minute.
  if (monthIndex < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which maps the years 0 to 99 to 1900 to 1999.
  date.setUTCFullYear(fullYear, monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== Number(day)) return undefined;
  return date.setUTCHours(hour, minute, second);
}

function centuryOf(shortYear: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + shortYear;
  return year > thisYear + yearsAhead ? year - 100 : year;
}

/** The years an HTTP date can express. */
const earliestMs = Date.parse("0000-01-01T00:00:00Z");
const latestMs = Date.parse("9999-12-31T23:59:59Z");

/**
 * Formats a time as an HTTP date, in whole seconds. A time outside the years 0 to 9999 becomes the nearest possible
 * one.
 */
export function formatHttpDate(milliseconds: number): string {
  return new Date(Math.min(Math.max(milliseconds, earliestMs), latestMs)).toUTCString();
}
