import type { Tick, ValueAxis } from "../model/chart.ts";

const mostTicks = 5;

/** How the marks of an axis are placed and written. */
interface AxisOptions {
  /** Marks stand at powers of two. */
  readonly isBytes: boolean;
  readonly hasZero: boolean;
  readonly text: (value: number) => string;
}

/** An axis that ends at round marks and encloses all values: halves and tenths in decimal units, powers of two in bytes. */
export function linearAxis(values: readonly number[], { isBytes, hasZero, text }: AxisOptions): ValueAxis {
  const zero = hasZero ? [0] : [];
  const low = Math.min(...values, ...zero);
  const high = Math.max(...values, ...zero);
  const step = (isBytes ? binaryStep : decimalStep)((high - low) / (mostTicks - 1) || Math.abs(high) || 1);
  const first = Math.floor(low / step);
  const last = Math.max(first + 1, Math.ceil(high / step));
  // Multiplied, because adding step after step would add up rounding errors.
  const places = Array.from({ length: last - first + 1 }, (_, index) => roundedOff((first + index) * step));
  return axisOf(places, text);
}

/** A logarithmic axis whose marks are powers of ten that enclose all values, which are above zero. */
export function logAxis(values: readonly number[], text: (value: number) => string): ValueAxis {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const places = Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
  return { ...axisOf(places, text), isLogarithmic: true };
}

function axisOf(places: readonly number[], text: (value: number) => string): ValueAxis {
  const ticks = places.map((at): Tick => ({ at, text: text(at) }));
  return { domain: [places[0] ?? 0, places.at(-1) ?? 1], ticks };
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

/** A number of rows for an axis: `2500000` is `2.5 M`. */
export function shortCount(count: number): string {
  if (Math.abs(count) >= 1e6) return `${roundedOff(count / 1e6)} M`;
  return Math.abs(count) >= 1e3 ? `${roundedOff(count / 1e3)} k` : String(count);
}
