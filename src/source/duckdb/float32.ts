/**
 * The number with the fewest digits that is this one once it is rounded to 32 bits: 0.1, where the 32-bit float itself,
 * written as the 64-bit number JavaScript has, would be 0.10000000149011612. Six digits always survive, but of denormal
 * numbers not even those; nine always suffice (IEEE 754).
 */
export function shortestFloat(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const isDenormal = Math.abs(value) < leastNormal;
  for (let digits = isDenormal ? 1 : 6; digits < 9; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return Number(value.toPrecision(9));
}

const leastNormal = 2 ** -126;
