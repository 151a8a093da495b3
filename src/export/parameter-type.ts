/** The types a parameter of an export can have. */
export const parameterTypes = ["integer", "decimal", "boolean", "date", "timestamp", "text", "uuid"] as const;

/** The type of a parameter. */
export type ParameterType = (typeof parameterTypes)[number];

/** How the text of one value is read. */
interface TypeEntry {
  /** What is allowed, for messages: "`x` is not …". */
  readonly allowed: string;
  /** The value in its one form; undefined when the text isn't one. */
  read(text: string): string | undefined;
}

const leastInteger = -(2n ** 63n);
const greatestInteger = 2n ** 63n - 1n;

const entries: Readonly<Record<ParameterType, TypeEntry>> = {
  integer: {
    allowed: "a whole number from -9223372036854775808 to 9223372036854775807, such as 42",
    read: (text) => {
      if (!/^-?(?:0|[1-9]\d{0,18})$/.test(text)) return undefined;
      const value = BigInt(text);
      return value >= leastInteger && value <= greatestInteger ? String(value) : undefined;
    },
  },
  decimal: {
    allowed: "a number of at most 1,000 digits without an exponent, such as -12.50",
    read: (text) => (/^-?(?:0|[1-9]\d{0,999})(?:\.\d{1,1000})?$/.test(text) ? text : undefined),
  },
  boolean: {
    allowed: "true or false",
    read: (text) => (text === "true" || text === "false" ? text : undefined),
  },
  date: {
    allowed: "a day of the calendar from 0001-01-01 to 9999-12-31, such as 2026-11-28",
    read: (text) => (isDay(text) ? text : undefined),
  },
  timestamp: {
    allowed: "an instant in ISO 8601, such as 2026-11-28T14:05:09Z; without a zone it is in UTC",
    read: readTimestamp,
  },
  text: {
    // UTF-8 would make one character of all halves, so that the claim of one tenant could be that of another.
    allowed: "text without NUL and without half of a surrogate pair",
    read: (text) => (text.includes("\0") || !text.isWellFormed() ? undefined : text),
  },
  uuid: {
    allowed: "a UUID, such as a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    read: (text) =>
      /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined,
  },
};

/**
 * Reads the text of one value of a type into its one form, so that equal values are equal texts.
 * @throws RangeError that quotes the text and says what is allowed
 */
export function readParameterText(type: ParameterType, text: string): string {
  const value = entries[type].read(text);
  if (value === undefined) throw new RangeError(`${JSON.stringify(text)} is not ${entries[type].allowed}.`);
  return value;
}

function isDay(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (year === 0 || month < 1 || month > 12 || day < 1) return false;
  // Day 0 of the next month is the last of this one; years below 100 would be taken for those of 1900.
  const last = new Date(Date.UTC(2000, month, 0)).getUTCDate();
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && !isLeapYear ? 28 : last);
}

function readTimestamp(text: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, day = "", hours = "", minutes = "", seconds = "00", fraction = "", zone = "Z"] = match;
  const isTime = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) < 60;
  if (!isDay(day) || !isTime) return undefined;
  const [zoneHours = 0, zoneMinutes = 0] = zone === "Z" ? [] : zone.slice(1).split(":").map(Number);
  if (zoneHours > 15 || zoneMinutes > 59) return undefined;
  return `${day}T${hours}:${minutes}:${seconds}${fraction}${zone}`;
}

/** Whether a text names a type of parameters. */
export function isParameterType(text: string): text is ParameterType {
  return (parameterTypes as readonly string[]).includes(text);
}

/** What is allowed for a type, for messages: "takes …". */
export function allowedOf(type: ParameterType): string {
  return entries[type].allowed;
}
