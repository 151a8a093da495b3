import { formatBytes, formatCount, formatSeconds } from "../../../src/ground.ts";
import type { BenchResult } from "../../result/schema.ts";
import type { Section } from "../model/report.ts";
import { percentText, quantityText, significant } from "../number-text.ts";
import { memoryCurves, type MemoryCurve } from "../read/memory-curve.ts";
import { scenarioView, type ScenarioView } from "../read/scenario-view.ts";
import { choiceSentences } from "./choice.ts";
import { slowClientSentences } from "./slow-client.ts";

/** What a result means, in plain sentences that end with the delivery to choose; no section when nothing was measured. */
export function adviceSections(result: BenchResult): readonly Section[] {
  // A run that compares two versions says which of them costs less, not which delivery to choose.
  if (comparesVersions(result)) return [];
  const view = scenarioView(result, "export");
  const slow = scenarioView(result, "slow-readers");
  const scaling = scenarioView(result, "scaling");
  const sentences = [
    ...streamingSentences(view),
    ...neighbourSentences(view),
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

function streamingSentences(view: ScenarioView): readonly string[] {
  const firstByte = view.comparison("streaming", "first_byte_s")?.ratio;
  const total = view.comparison("streaming", "total_s");
  const sentences: string[] = [];
  if (typeof firstByte === "number" && typeof total?.ratio === "number") {
    const [low, high] = total.ci;
    const isSame = low !== null && high !== null && low <= 1 && high >= 1;
    const whole = isSame ? "about the same time" : `${percentText(total.ratio)} of the time`;
    sentences.push(
      `Streaming delivers the first byte ${timesText(1 / firstByte, "earlier", "later")} than buffering. The whole export takes ${whole}.`,
    );
  }
  const [peak, bufferedPeak] = bothMedians(view, "peak_rss_over_idle_bytes");
  if (peak !== null && bufferedPeak !== null) {
    sentences.push(
      `At its peak, one streamed export adds ${formatBytes(peak)} of memory and one buffered export ${formatBytes(bufferedPeak)}.`,
    );
  }
  const [held, bufferedHeld] = bothMedians(view, "held_s_per_export");
  if (held !== null && bufferedHeld !== null) {
    sentences.push(
      `When the client reads at full speed, a streamed export holds its slot for ${formatSeconds(held)} and a buffered one for ${formatSeconds(bufferedHeld)}. A slow client holds the slot as long as it reads, with either delivery.`,
    );
  }
  return sentences;
}

function bothMedians(view: ScenarioView, metric: string): readonly [number | null, number | null] {
  return [view.median("streaming", metric), view.median("buffered", metric)];
}

function neighbourSentences(view: ScenarioView): readonly string[] {
  const shares = view.arms.flatMap(({ id }) => {
    const kept = view.median(id, "ping_kept_ratio");
    const lost = view.median(id, "ping_lost_per_export");
    return kept === null || lost === null ? [] : [{ id, kept, lost }];
  });
  if (shares.length === 0) return [];
  const kept = shares.map(({ id, kept: share }) => `${percentText(share)} (${id})`).join(", ");
  const lost = shares
    .map(({ id, lost: count }) => `${significant(Math.max(0, count), 2)} (${id})`)
    .join(", ");
  return [
    `While exports run one after another, the server still answers this share of its short requests: ${kept}.`,
    `One export takes the place of this many short requests: ${lost}.`,
  ];
}

function slowReaderSentences(view: ScenarioView): readonly string[] {
  const arms = view.arms.flatMap(({ id }) => {
    const bytes = view.median(id, "bytes_per_concurrent_export");
    const slots = view.median(id, "slots_held");
    return slots === null ? [] : [{ id, bytes, slots }];
  });
  const [first] = arms;
  if (first === undefined) return [];
  const rate = view.median(first.id, "read_rate_bytes_per_s");
  const speed = rate === null ? "slowly" : `at ${quantityText(rate, "bytes/s")}`;
  const held = arms.map(({ id, slots }) => `${significant(slots, 2)} (${id})`).join(", ");
  const sentences = [
    `Clients that read ${speed} hold their slots as long as they read, with any delivery. Slots held: ${held}.`,
  ];
  if (arms.every(({ bytes }) => bytes !== null)) {
    const memory = arms.map(({ id, bytes }) => `${formatBytes(bytes ?? 0)} (${id})`).join(", ");
    sentences.push(`Each of these clients costs the server memory while it reads: ${memory}.`);
  }
  return sentences;
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
  const again = view.comparison("buffered-again", "total_s");
  if (typeof again?.ratio !== "number" || again.ci[0] === null || again.ci[1] === null) return [];
  return [
    `Two identical buffered arms differed by a factor of ${significant(again.ratio, 3)} (${significant(again.ci[0], 3)}–${significant(again.ci[1], 3)}) in total time. Smaller differences between other arms mean nothing here.`,
  ];
}

function timesText(factor: number, more: string, less: string): string {
  return factor >= 1
    ? `${significant(factor, 2)} times ${more}`
    : `${significant(1 / factor, 2)} times ${less}`;
}
