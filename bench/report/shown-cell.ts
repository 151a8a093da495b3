import type { Cell, RatioCell } from "./model/table.ts";
import { factorText, unitText, withoutZeros } from "./number-text.ts";

/** Below this ratio of its ends, an interval says more than two digits do. */
const narrowInterval = 1.25;

/** What every format shows of a cell. */
export function shownCell(cell: Cell): string {
  if (cell.kind === "text") return cell.text;
  if (cell.kind === "ratio") return ratioText(cell);
  const { value, unit, expected, interval, resolution } = cell;
  const isBelow = value !== null && resolution !== undefined && value < resolution;
  const text = isBelow ? `< ${withoutZeros(unitText(resolution, unit))}` : unitText(value, unit);
  if (interval !== undefined) return `${text} (${interval.map((end) => unitText(end, unit)).join("–")})`;
  return expected === undefined ? text : `${text} (${unitText(expected, unit)})`;
}

/** A ratio with its interval, as far as it is known: `1.12× (1.09–1.15)`. */
export function ratioText({ ratio, interval, isExact = false }: Omit<RatioCell, "kind" | "tone">): string {
  if (isExact) return ratio === 1 ? "1×" : factorText(ratio, undefined, digitsBesideOne(ratio));
  if (interval === null) return factorText(ratio);
  const [low, high] = interval;
  const isNarrow = low > 0 && high / low <= narrowInterval;
  return factorText(ratio, interval, isNarrow ? 3 : 2);
}

/** As few significant digits as tell a ratio from 1: two of 0.49999, and eight of 1.0000001. */
function digitsBesideOne(ratio: number): number {
  let digits = 2;
  while (digits < 17 && Number(ratio.toPrecision(digits)) === 1) digits += 1;
  return digits;
}
