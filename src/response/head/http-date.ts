const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The preferred form, then the two obsolete ones that a recipient must still accept; each has a bounded length. */
const forms: readonly RegExp[] = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<shortYear>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>\d\d| \d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** A two-digit year further ahead than this is of the century before (RFC 9110, section 5.6.7). */
const yearsAhead = 50;

/**
 * An HTTP date in milliseconds since 1970, always UTC; undefined for any other text (RFC 9110, section 5.6.7). The name of
 * the day isn't compared with the date.
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
  // A leap second is allowed, and is the first of the next minute.
  if (monthIndex < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
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

/** A time as an HTTP date, in whole seconds; one outside the years 0 to 9999 becomes the nearest that can be written. */
export function formatHttpDate(milliseconds: number): string {
  return new Date(Math.min(Math.max(milliseconds, earliestMs), latestMs)).toUTCString();
}
