import { formatCount } from "../../../src/ground.ts";
import { memoryCurves, type MemoryCurve } from "../read/memory-curve.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { significant } from "../number-text.ts";
import { measuredIn } from "./measured-text.ts";

/**
 * How memory depended on the number of rows, in one sentence on all curves. It is what was measured and no conclusion: a
 * slope over a few sizes of a few rounds has no interval.
 */
export function growthSentences(view: ScenarioView): readonly string[] {
  if (view.bytesPerRow === null) return [];
  const parts = memoryCurves(view).flatMap((curve) => (curve.growth === null ? [] : [curveText(curve)]));
  if (parts.length === 0) return [];
  const start = measuredIn(view, ["peak_rss_over_idle_bytes"]);
  return [
    `${start} each further row changed peak memory by ${new Intl.ListFormat("en").format(parts)}. An average row is ${significant(view.bytesPerRow, 3)} bytes of CSV.`,
  ];
}

/** `+1.7 bytes with streaming (from 100,000 to 2,500,000 rows)` */
function curveText({ name, points, growth }: MemoryCurve): string {
  const slope = growth?.slope ?? 0;
  const [least, most] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 0];
  const bytes = `${slope < 0 ? "−" : "+"}${significant(Math.abs(slope), 2)}`;
  return `${bytes} bytes with ${name} (from ${formatCount(least)} to ${formatCount(most)} rows)`;
}
