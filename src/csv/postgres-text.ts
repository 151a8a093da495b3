import { binaryParts, compareDecimal, readSingle } from "./exact-decimal.ts";
import { hoursText, type IntervalValue } from "./value.ts";
import { calendarDay, infiniteDayText, instantParts, type InstantUnit } from "./iso-time.ts";

/**
 * Formats a finite number as PostgreSQL's `float8out` does: the shortest digits that parse to the number. The notation is
 * fixed for exponents from −4 to 14. Otherwise the exponent has at least two digits.
 */
export function postgresFloat(value: number): string {
  return floatText(value, shortestInside(value), 14);
}

/** Formats a finite 32-bit number as PostgreSQL's `float4out` does, with fixed notation for exponents from −4 to 5. */
export function postgresSingle(value: number): string {
  return floatText(value, shortestSingle(value), 5);
}

function floatText(value: number, shortest: string, greatestFixed: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = ""] = shortest.split("e");
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < -4 || exponent > greatestFixed) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0] ?? ""}${fraction}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Formats a day in PostgreSQL's ISO style. Years before 1 end in ` BC`, and years of five digits have no sign. */
export function postgresDay(days: number): string {
  const infinite = infiniteDayText(days);
  if (infinite !== undefined) return infinite;
  const { year, text } = dayParts(days);
  return `${text}${year <= 0 ? " BC" : ""}`;
}

/** Formats a timestamp in PostgreSQL's ISO style and UTC: `2024-02-29 01:02:03.5`, with `+00` if its type has a zone. */
export function postgresInstant(ticks: number | bigint, unit: InstantUnit, isZoned: boolean): string | null {
  const parts = instantParts(ticks, unit);
  if (parts === null || typeof parts === "string") return parts;
  const { year, text } = dayParts(parts.days);
  const fraction = parts.fraction.replace(/0+$/, "");
  const time = `${parts.time}${fraction === "" ? "" : `.${fraction}`}`;
  return `${text} ${time}${isZoned ? "+00" : ""}${year <= 0 ? " BC" : ""}`;
}

function dayParts(days: number): { readonly year: number; readonly text: string } {
  const { year, month, day } = calendarDay(days);
  const years = String(year <= 0 ? 1 - year : year).padStart(4, "0");
  return { year, text: `${years}-${twoDigits(month)}-${twoDigits(day)}` };
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/**
 * Returns the shortest digits that parse to the number, as `d.ddde±x`. Unlike JavaScript, PostgreSQL does not use a decimal
 * that is exactly half-way to the next number, even if parsing would round it correctly: 1e+23 is 9.999999999999999e+22.
 */
function shortestInside(value: number): string {
  const shortest = value.toExponential();
  if (!isHalfWay(shortest, value)) return shortest;
  const [mantissa = ""] = shortest.split("e");
  for (let digits = mantissa.replace(/[-.]/g, "").length + 1; digits < 17; digits += 1) {
    const text = value.toExponential(digits - 1);
    if (Number(text) === value && !isHalfWay(text, value)) return text;
  }
  return value.toExponential(16);
}

/**
 * The same for a 32-bit number, given as the shortest decimal that rounds to it. A half-way decimal of so few digits is
 * exactly a 64-bit number.
 */
function shortestSingle(shortest: number): string {
  const text = shortest.toExponential();
  const value = readSingle(text);
  const halfWays = [-1, 1].map((step) => (value + nextSingle(value, step)) / 2);
  const isInside = (decimal: string): boolean =>
    !halfWays.some((halfWay) => Number(decimal) === halfWay && compareDecimal(decimal, halfWay) === 0);
  if (isInside(text)) return text;
  for (let digits = 1; digits < 9; digits += 1) {
    const longer = value.toExponential(digits - 1);
    if (readSingle(longer) === value && isInside(longer)) return longer;
  }
  return value.toExponential(8);
}

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/** Returns the next 32-bit number, away from zero or towards it. */
function nextSingle(value: number, step: number): number {
  single[0] = value;
  singleBits[0] = (singleBits[0] ?? 0) + step;
  return single[0];
}

/** Formats an interval in PostgreSQL's own style: `1 year 2 mons -3 days +04:05:06.7`. */
export function postgresInterval({ months, days, microseconds }: IntervalValue): string {
  const parts: string[] = [];
  let isBefore = false;
  const add = (count: number, unit: string): void => {
    if (count === 0) return;
    parts.push(`${isBefore && count > 0 ? "+" : ""}${count} ${unit}${count === 1 ? "" : "s"}`);
    isBefore = count < 0;
  };
  add(Math.trunc(months / 12), "year");
  add(months % 12, "mon");
  add(days, "day");
  if (microseconds !== 0n || parts.length === 0) {
    const { isNegative, text } = hoursText(microseconds);
    parts.push(`${isNegative ? "-" : isBefore ? "+" : ""}${text}`);
  }
  return parts.join(" ");
}

/** Formats an array's items, given as texts or null, as PostgreSQL's `array_out` does: `{1,NULL,"a b"}`. */
export function postgresArray(items: readonly (string | null)[]): string {
  return `{${items.map((item) => (item === null ? "NULL" : arrayItem(item))).join(",")}}`;
}

function arrayItem(text: string): string {
  const isBare = text !== "" && !/[{}",\\\s]/.test(text) && text.toUpperCase() !== "NULL";
  return isBare ? text : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Whether a decimal is exactly half-way between a number and one of its neighbors. */
function isHalfWay(text: string, value: number): boolean {
  // Such a decimal is a whole number of 54 bits and a power of two; of at most 17 digits it has at most one behind the point.
  if (Math.abs(value) < 2 ** 52) return false;
  const [mantissa = "", exponentText = ""] = text.replace("-", "").split("e");
  const digits = mantissa.replace(".", "");
  const power = Number(text.slice(text.indexOf("e") + 1)) - digits.length + 1;
  // Half-way decimals have at most 54 bits, so there are none beyond these powers of ten.
  if (exponentText === "" || power > 23 || power < -24) return false;
  const { fraction, exponent } = binaryParts(Math.abs(value));
  // All is multiplied by 10^24 and a power of two, so that whole numbers are compared.
  const shift = BigInt(Math.max(0, -exponent));
  const decimal = (BigInt(digits) * 10n ** BigInt(power + 24)) << shift;
  const step = (10n ** 24n) << BigInt(Math.max(0, exponent));
  const difference = decimal - fraction * step;
  const size = difference < 0n ? -difference : difference;
  return size * 2n === step || (difference < 0n && fraction === 2n ** 52n && size * 4n === step);
}
