import { formatBytes, formatCount, formatSeconds } from "../../../src/ground.ts";
import type { BenchResult } from "../../result/schema.ts";
import type { Section } from "../model/report.ts";
import { percentText, quantityText, significant } from "../number-text.ts";
import { ratioText } from "../shown-cell.ts";
import { memoryCurves, type MemoryCurve } from "../read/memory-curve.ts";
import { scenarioView, type ScenarioView } from "../read/scenario-view.ts";
import { choiceSentences } from "./choice.ts";
import { differenceSentences } from "./differences.ts";
import { neighbourSentences } from "./neighbours.ts";
import { slowClientSentences } from "./slow-client.ts";
import { equalArms, repeatedInterval } from "./sure-difference.ts";

/** What a result means, in plain sentences that end with the delivery to choose; no section when nothing was measured. */
export function adviceSections(result: BenchResult): readonly Section[] {
  // A run that compares two versions says which of them costs less, not which delivery to choose.
  if (comparesVersions(result)) return [];
  const view = scenarioView(result, "export");
  const slow = scenarioView(result, "slow-readers");
  const scaling = scenarioView(result, "scaling");
  const sentences = [
    ...differenceSentences(view),
    ...costSentences(view),
    ...neighbourSentences(view, scenarioView(result, "mixed")),
    ...slowReaderSentences(slow),
    ...memoryCurves(scaling).flatMap((curve) => growthSentences(curve, scaling.bytesPerRow)),
    ...noiseSentences(view),
    ...choiceSentences(view),
    ...slowClientSentences(result, view, slow),
  ];
  return sentences.length === 0
    ? []
    : [{ kind: "finding", name: "what it means", heading: "What it means", sentences }];
}

/** Whether a delivery is compared with the same delivery, so that there are two versions of it. */
function comparesVersions({ arms }: BenchResult): boolean {
  return arms.some(
    (arm) =>
      arm.role === "treatment" &&
      arms.some((other) => other.role === "control" && other.delivery === arm.delivery),
  );
}

/** What one export costs by each arm; these are measured values, and compare nothing. */
function costSentences(view: ScenarioView): readonly string[] {
  const arms = view.arms.filter(({ role }) => role !== "aa");
  const values = (metric: string, text: (value: number) => string): readonly string[] =>
    arms.flatMap(({ id }) => {
      const value = view.median(id, metric);
      return value === null ? [] : [`${text(value)} (${id})`];
    });
  const peaks = values("peak_rss_over_idle_bytes", formatBytes);
  const holds = values("held_s_per_export", formatSeconds);
  return [
    ...(peaks.length === 0 ? [] : [`At its peak, one export adds this much memory: ${peaks.join(", ")}.`]),
    ...(holds.length === 0
      ? []
      : [
          `When the client reads at full speed, an export holds its slot for ${holds.join(", ")}. A slow client holds the slot as long as it reads, with any delivery.`,
        ]),
  ];
}

function slowReaderSentences(view: ScenarioView): readonly string[] {
  const [first] = view.arms;
  if (first === undefined) return [];
  const rate = view.median(first.id, "read_rate_bytes_per_s");
  const speed = rate === null ? "slowly" : `at ${quantityText(rate, "bytes/s")}`;
  const values = (metric: string, text: (value: number) => string): string =>
    view.arms
      .flatMap(({ id }) => {
        const value = view.median(id, metric);
        return value === null ? [] : [`${text(value)} (${id})`];
      })
      .join(", ");
  const slots = values("slots_held", (count) => significant(count, 2));
  const memory = values("bytes_per_concurrent_export", formatBytes);
  return [
    ...(slots === ""
      ? []
      : [
          `Clients that read ${speed} hold their slots as long as they read, with any delivery. Slots held: ${slots}.`,
        ]),
    ...(memory === "" ? [] : [`Each client that reads ${speed} costs the server memory: ${memory}.`]),
    ...unservedSentences(view),
  ];
}

/** Arms that could not serve all slow readers, or no short requests beside them. */
function unservedSentences(view: ScenarioView): readonly string[] {
  return view.arms.flatMap(({ id }) => {
    const served = view.median(id, "readers_served");
    const failed = view.median(id, "ping_failed_ratio");
    const readers = view.readers;
    return [
      ...(served !== null && readers !== null && served < readers
        ? [
            `${id} served ${formatCount(served)} of ${formatCount(readers)} slow readers at once; the others waited.`,
          ]
        : []),
      ...(failed !== null && failed > 0
        ? [`${id} left ${percentText(failed)} of its short requests unanswered while slow readers read.`]
        : []),
    ];
  });
}

function growthSentences(
  { name, points, growth }: MemoryCurve,
  bytesPerRow: number | null,
): readonly string[] {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || growth === null || bytesPerRow === null) return [];
  const span = `from ${formatCount(first.x)} to ${formatCount(last.x)} rows`;
  const slope = `${significant(growth.slope, 2)} bytes for each row; a row has ${significant(bytesPerRow, 3)} bytes`;
  const texts = {
    flat: `Memory of ${name} is constant ${span}, O(1): it changes by ${slope}.`,
    grows: `Memory of ${name} grows with the rows ${span}, O(n): by ${slope}.`,
    unclear: `It is unclear whether memory of ${name} grows ${span}: it changes by ${slope}.`,
  } as const;
  return [texts[growth.order]];
}

/** How much two equal arms differ shows which differences between other arms mean something. */
function noiseSentences(view: ScenarioView): readonly string[] {
  return equalArms(view, "total_s").flatMap((again) => {
    const interval = repeatedInterval(again);
    if (again.ratio === null || interval === null) return [];
    return [
      `${again.treatment} repeats ${again.control}, and differs from it in total time by ${ratioText({ ratio: again.ratio, interval })}. No sentence here rests on a smaller difference.`,
    ];
  });
}
