import { formatBytes, formatCount, formatSeconds } from "../../src/ground.ts";
import type { MetricUnit } from "../result/metric.ts";

/** A quantity for a person; a dash for what wasn't measured. */
export function quantityText(value: number | null, unit: MetricUnit): string {
  return value === null ? "–" : texts[unit](value);
}

const texts: Readonly<Record<MetricUnit, (value: number) => string>> = {
  s: formatSeconds,
  "s/MiB": (value) => `${formatSeconds(value)}/MiB`,
  bytes: formatBytes,
  // Rates of networks and disks are given in powers of ten.
  "bytes/s": (value) => `${significant(value / 1e6, 3)} MB/s`,
  rows: formatCount,
  "rows/s": (value) => formatCount(Number(value.toPrecision(3))),
  requests: (value) => formatCount(Number(value.toPrecision(3))),
  "requests/s": (value) => formatCount(Number(value.toPrecision(3))),
  slots: (value) => significant(value, 2),
  clients: (value) => significant(value, 2),
  readers: (value) => (Number.isInteger(value) ? formatCount(value) : significant(value, 2)),
  ratio: percentText,
};

/** A quantity in any unit: one that this version doesn't know is written after the number; `count` has no name. */
export function unitText(value: number | null, unit: string): string {
  if (value === null) return "–";
  if (unit === "count") return formatCount(value);
  return isMetricUnit(unit) ? texts[unit](value) : `${significant(value, 3)} ${unit}`;
}

function isMetricUnit(unit: string): unit is MetricUnit {
  return Object.hasOwn(texts, unit);
}

/** `10.0 MiB` is `10 MiB` where a person chose it instead of measuring it: on an axis, in a budget. */
export function withoutZeros(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");
}

/** A share with two significant digits: `45 %`, `0.40 %`. */
export function percentText(ratio: number): string {
  return `${significant(ratio * 100, 2)} %`;
}

/** Below this, nobody reads a ratio at sight: `0.0083×` is written `1/120×`. */
const leastDecimal = 0.01;

/**
 * A ratio with its interval: `1.9× (1.7–2.3)`, `0.064× (0.037–0.097)`. One below 0.01 is written as a fraction, and the ends of
 * its interval below 1 too: `1/170× (1/220–1/120)`.
 * @param digits significant digits of each number
 */
export function factorText(
  ratio: number,
  interval?: readonly [low: number, high: number],
  digits = 2,
): string {
  const isSmall = ratio > 0 && ratio < leastDecimal;
  const text = (value: number): string =>
    isSmall && value > 0 && value < 1 ? `1/${significant(1 / value, digits)}` : significant(value, digits);
  const range = interval === undefined ? "" : ` (${interval.map(text).join("–")})`;
  return `${text(ratio)}×${range}`;
}

/** A share as people set it, without needless zeros: `5 %`, `97.5 %`. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** A number with significant digits and without an exponent: `0.0044`, `1.3`, `260`. */
export function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return decimals > 0 ? rounded.toFixed(Math.min(decimals, 20)) : formatCount(rounded);
}
