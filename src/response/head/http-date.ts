const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const dayName = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const longDayName = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
const month = `(?<month>${monthNames.join("|")})`;
const time = "(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})";

/** The preferred form, then the two obsolete ones that a recipient must still accept; each has a fixed length. */
const forms: readonly RegExp[] = [
  new RegExp(`^${dayName}, (?<day>[0-9]{2}) ${month} (?<year>[0-9]{4}) ${time} GMT$`),
  new RegExp(`^${longDayName}, (?<day>[0-9]{2})-${month}-(?<shortYear>[0-9]{2}) ${time} GMT$`),
  new RegExp(`^${dayName} ${month} (?<day>[0-9]{2}| [0-9]) ${time} (?<year>[0-9]{4})$`),
];

/** A two-digit year further ahead than this is of the century before (RFC 9110, section 5.6.7). */
const yearsAhead = 50;

/**
 * An HTTP date in milliseconds since 1970, always UTC; undefined for any other text (RFC 9110, section 5.6.7). The name of
 * the day isn't compared with the date.
 *
 * `Date.parse` is no substitute: it accepts `foo 1`, and reads the asctime form as local time.
 * @param nowMs decides the century of a two-digit year
 */
export function parseHttpDate(text: string, nowMs: number): number | undefined {
  const groups = forms.map((form) => form.exec(text)?.groups).find((found) => found !== undefined);
  if (groups === undefined) return undefined;
  const { year, shortYear = "", day = "", hour = "", minute = "", second = "" } = groups;
  const fullYear = year === undefined ? centuryOf(Number(shortYear), nowMs) : Number(year);
  const monthIndex = monthNames.indexOf(groups["month"] ?? "");
  // A leap second is allowed, and is the first of the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(fullYear, monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== Number(day)) return undefined;
  return date.setUTCHours(Number(hour), Number(minute), Number(second));
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
