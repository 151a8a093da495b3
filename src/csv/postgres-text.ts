import { calendarDay, infiniteDayText, instantParts, type InstantUnit } from "./iso-time.ts";

/**
 * A finite number as PostgreSQL's `float8out` writes it: the fewest digits that read back, in fixed notation where
 * the exponent is from −4 to 14, else with an exponent of two digits or more.
 */
export function postgresFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = ""] = shortestInside(value).split("e");
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < -4 || exponent > 14) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0] ?? ""}${fraction}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** A day as PostgreSQL writes it in its ISO style: years before 1 with ` BC`, years of five digits without a sign. */
export function postgresDay(days: number): string {
  const infinite = infiniteDayText(days);
  if (infinite !== undefined) return infinite;
  const { year, text } = dayParts(days);
  return `${text}${year <= 0 ? " BC" : ""}`;
}

/** An instant as PostgreSQL writes it in its ISO style, in UTC: `2024-02-29 01:02:03.5`, with `+00` if it has a zone. */
export function postgresInstant(ticks: number | bigint, unit: InstantUnit, isZoned: boolean): string | null {
  const parts = instantParts(ticks, unit);
  if (parts === null || typeof parts === "string") return parts;
  const { year, text } = dayParts(parts.days);
  const fraction = parts.fraction.replace(/0+$/, "");
  const time = `${parts.clock}${fraction === "" ? "" : `.${fraction}`}`;
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
 * The fewest digits that read back, as `d.ddde±x`. Unlike JavaScript, PostgreSQL doesn't take a decimal that lies
 * exactly half-way to the next number, even where reading would round it the right way: 1e+23 is 9.999999999999999e+22.
 */
function shortestInside(value: number): string {
  const shortest = value.toExponential();
  if (!isHalfWay(shortest, value)) return shortest;
  for (let digits = shortest.length; digits < 17; digits += 1) {
    const text = value.toExponential(digits - 1);
    if (Number(text) === value && !isHalfWay(text, value)) return text;
  }
  return value.toExponential(16);
}

/** Whether a decimal lies exactly half-way between a number and one of its neighbours. */
function isHalfWay(text: string, value: number): boolean {
  const [mantissa = "", exponentText = ""] = text.replace("-", "").split("e");
  const digits = mantissa.replace(".", "");
  const power = Number(text.slice(text.indexOf("e") + 1)) - digits.length + 1;
  // Half-way decimals have at most 54 bits, so beyond these powers of ten there are none.
  if (exponentText === "" || power > 23 || power < -24) return false;
  const { fraction, exponent } = binaryParts(Math.abs(value));
  // Everything times 10^24 and a power of two, so that whole numbers are compared.
  const shift = BigInt(Math.max(0, -exponent));
  const decimal = (BigInt(digits) * 10n ** BigInt(power + 24)) << shift;
  const step = (10n ** 24n) << BigInt(Math.max(0, exponent));
  const difference = decimal - fraction * step;
  const size = difference < 0n ? -difference : difference;
  return size * 2n === step || (difference < 0n && fraction === 2n ** 52n && size * 4n === step);
}

/** A positive number as `fraction · 2^exponent`, both whole. */
function binaryParts(value: number): { readonly fraction: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const word = bits.getBigUint64(0);
  const stored = Number(word >> 52n);
  const fraction = word & (2n ** 52n - 1n);
  return stored === 0
    ? { fraction, exponent: -1074 }
    : { fraction: fraction | (2n ** 52n), exponent: stored - 1075 };
}
