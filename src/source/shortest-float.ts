import { readSingle } from "../csv/exact-decimal.ts";

/**
 * Returns the shortest decimal that rounds to a 32-bit number, and the nearest among several. It is 0.1 for the float that
 * JavaScript writes as 0.10000000149011612. Six digits always survive, except in denormal numbers. Nine are always enough
 * (IEEE 754).
 */
export function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const isDenormal = Math.abs(value) < leastNormal;
  for (let digits = isDenormal ? 1 : 6; digits < 9; digits += 1) {
    const shorter = value.toExponential(digits - 1);
    if (readSingle(shorter) === value)
      return isHalfWay(value, digits) ? evenOf(value, digits) : Number(shorter);
    if (!isPowerOfTwo(value)) continue;
    // The interval is twice as wide on the side away from zero, and the nearest decimal may be on the other side.
    const larger = moved(value, digits, 1n);
    if (readSingle(larger) === value) return Number(larger);
  }
  return Number(value.toPrecision(9));
}

const leastNormal = 2 ** -126;

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function isPowerOfTwo(value: number): boolean {
  single[0] = value;
  return ((singleBits[0] ?? 0) & 0x7f_ff_ff) === 0;
}

/**
 * Whether a number is exactly half-way between two decimals of `digits` digits. It then has one digit more, a five. A number
 * with more than twelve binary places has more than nine digits.
 */
function isHalfWay(value: number, digits: number): boolean {
  if (!Number.isInteger(value * 4096)) return false;
  const exact = value.toExponential(digits);
  return Number(exact) === value && /5e/.test(exact);
}

/** Returns the one of the two neighboring decimals with an even last digit, as PostgreSQL and others round. */
function evenOf(value: number, digits: number): number {
  const [mantissa = ""] = value.toExponential(digits - 1).split("e");
  const isEven = Number(mantissa.at(-1)) % 2 === 0;
  const other = moved(value, digits, -1n);
  return Number(isEven || readSingle(other) !== value ? moved(value, digits, 0n) : other);
}

/** Returns the nearest decimal of `digits` digits, or another, `steps` further from zero. */
function moved(value: number, digits: number, steps: bigint): string {
  const [mantissa = "", exponent = ""] = value.toExponential(digits - 1).split("e");
  const whole = BigInt(mantissa.replace(".", "")) + (value < 0 ? -steps : steps);
  return `${whole}e${Number(exponent) - digits + 1}`;
}
