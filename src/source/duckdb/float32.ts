/**
 * The number with the fewest digits that is this one once it is rounded to 32 bits, and of those the nearest: 0.1, where the
 * 32-bit float itself, written as the 64-bit number JavaScript has, would be 0.10000000149011612. Six digits always
 * survive, but of denormal numbers not even those; nine always suffice (IEEE 754).
 */
export function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const isDenormal = Math.abs(value) < leastNormal;
  for (let digits = isDenormal ? 1 : 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return isHalfWay(value, digits) ? evenOf(value, digits) : shorter;
    if (!isPowerOfTwo(value)) continue;
    // It has twice as much room on the side away from zero, and the nearest decimal may lie on the other.
    const larger = moved(value, digits, 1n);
    if (Math.fround(larger) === value) return larger;
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
 * Whether a number lies in the midst of two decimals of so many digits: then it has just one digit more, a five. With
 * more than twelve binary places a number has more than nine digits.
 */
function isHalfWay(value: number, digits: number): boolean {
  if (!Number.isInteger(value * 4096)) return false;
  const exact = value.toExponential(digits);
  return Number(exact) === value && /5e/.test(exact);
}

/** Of the two decimals beside a number in their midst the one with an even last digit, as PostgreSQL and others round. */
function evenOf(value: number, digits: number): number {
  const [mantissa = ""] = value.toExponential(digits - 1).split("e");
  const isEven = Number(mantissa.at(-1)) % 2 === 0;
  const other = moved(value, digits, -1n);
  return isEven || Math.fround(other) !== value ? moved(value, digits, 0n) : other;
}

/** The nearest decimal of so many digits, or another so many steps further from zero. */
function moved(value: number, digits: number, steps: bigint): number {
  const [mantissa = "", exponent = ""] = value.toExponential(digits - 1).split("e");
  const whole = BigInt(mantissa.replace(".", "")) + (value < 0 ? -steps : steps);
  return Number(`${whole}e${Number(exponent) - digits + 1}`);
}
