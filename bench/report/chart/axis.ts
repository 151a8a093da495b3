/** Where an axis has its marks, and how they are called. */
export interface Axis {
  readonly domain: readonly [low: number, high: number];
  readonly ticks: readonly number[];
}

const mostTicks = 5;

/**
 * Round marks within a range, which they may widen: halves and tenths in decimal units, powers of two in bytes.
 */
export function linearAxis(values: readonly number[], options: { isBytes: boolean; hasZero: boolean }): Axis {
  const zero = options.hasZero ? [0] : [];
  const low = Math.min(...values, ...zero);
  const high = Math.max(...values, ...zero);
  const step = (options.isBytes ? binaryStep : decimalStep)(
    (high - low) / (mostTicks - 1) || Math.abs(high) || 1,
  );
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  // By multiplication, since a sum of steps gathers their rounding.
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => roundedOff((first + index) * step));
  return { domain: [ticks[0] ?? low, ticks.at(-1) ?? high], ticks };
}

/** Powers of ten that enclose values above zero. */
export function logAxis(values: readonly number[]): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
  return { domain: [ticks[0] ?? 1, ticks.at(-1) ?? 1], ticks };
}

function decimalStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

function binaryStep(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

function roundedOff(value: number): number {
  return Number(value.toPrecision(12));
}

/** `2500000` is `2.5 M`. */
export function shortCount(count: number): string {
  if (Math.abs(count) >= 1e6) return `${roundedOff(count / 1e6)} M`;
  return Math.abs(count) >= 1e3 ? `${roundedOff(count / 1e3)} k` : String(count);
}
