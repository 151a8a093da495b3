import type { NameAxis, ValueAxis } from "../model/chart.ts";

/** Turns a value into a place in a drawing, in pixels. */
export type Scale = (value: number) => number;

/** A linear or logarithmic scale between two places. */
export function scaleOf({ domain, isLogarithmic = false }: ValueAxis, from: number, to: number): Scale {
  const position = isLogarithmic ? Math.log10 : (value: number): number => value;
  const [low, high] = [position(domain[0]), position(domain[1])];
  return (value) => rounded(from + ((position(value) - low) / (high - low)) * (to - from));
}

/** Rows of equal height; a whole number is the middle of its row. */
export function rowScale({ names }: NameAxis, from: number, to: number): Scale {
  const height = (to - from) / names.length;
  return (value) => rounded(from + (value + 0.5) * height);
}

/** A tenth of a pixel can't be seen, and more digits make a page large. */
function rounded(place: number): number {
  return Number(place.toFixed(1));
}
