import { formatCount } from "../../../src/ground.ts";
import type { MemoryCurve } from "../read/memory-curve.ts";
import { significant } from "../number-text.ts";

const words = [
  ["flat", "stays constant, O(1), for"],
  ["grows", "grows with the rows, O(n), for"],
  ["unclear", "is unclear, O(1) or O(n), for"],
] as const;

/** How memory depends on the number of rows, in one sentence on all curves; nothing where no slope is known. */
export function growthSentences(
  curves: readonly MemoryCurve[],
  bytesPerRow: number | null,
): readonly string[] {
  if (bytesPerRow === null) return [];
  const parts = words.flatMap(([order, text]) => {
    const own = curves.flatMap((curve) => (curve.growth?.order === order ? [curveText(curve)] : []));
    return own.length === 0 ? [] : [`${text} ${own.join(" and ")}`];
  });
  if (parts.length === 0) return [];
  return [
    `Peak memory ${parts.join("; it ")}. An average row is ${significant(bytesPerRow, 3)} bytes of CSV.`,
  ];
}

/** `streaming (+1.7 bytes a row, from 100,000 to 2,500,000 rows)` */
function curveText({ name, points, growth }: MemoryCurve): string {
  const slope = growth?.slope ?? 0;
  const [least, most] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const bytes = `${slope < 0 ? "−" : "+"}${significant(Math.abs(slope), 2)}`;
  return `${name} (${bytes} bytes a row, from ${formatCount(least)} to ${formatCount(most)} rows)`;
}
