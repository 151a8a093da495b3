import { formatBytes, formatCount, formatSeconds, isDelivery } from "../../src/internal.ts";
import { expectedHoldSeconds } from "../result/expected-hold.ts";
import type { BenchResult } from "../result/schema.ts";
import { percentText, quantityText, significant } from "./number-text.ts";
import {
  bytesPerRowOf,
  comparisonOf,
  measuredArms,
  medianOf,
  memoryCurves,
  type MemoryCurve,
} from "./summary.ts";

const scenario = "export";

/** Plain sentences on what a result means, ending with the delivery to choose; none when nothing was measured. */
export function adviceSentences(result: BenchResult): readonly string[] {
  // Two versions say which of them costs less, and nothing of which delivery to choose.
  if (holdsVersions(result)) return [];
  return [
    ...streamingSentences(result),
    ...neighbourSentences(result),
    ...slowReaderSentences(result),
    ...memoryCurves(result).flatMap((curve) => growthSentence(curve, bytesPerRowOf(result)) ?? []),
    ...noiseSentence(result),
    ...choiceSentences(result),
    ...rateSentence(result),
  ];
}

/** Whether a delivery is held against the same delivery, so that there are two versions of it. */
function holdsVersions({ arms }: BenchResult): boolean {
  return arms.some(
    (arm) =>
      arm.role === "treatment" &&
      arms.some((other) => other.role === "control" && other.delivery === arm.delivery),
  );
}

function streamingSentences(result: BenchResult): readonly string[] {
  const firstByte = comparisonOf(result, scenario, "streaming", "first_byte_s")?.ratio;
  const total = comparisonOf(result, scenario, "streaming", "total_s");
  const peak = medianOf(result, scenario, "streaming", "peak_rss_over_idle_bytes");
  const bufferedPeak = medianOf(result, scenario, "buffered", "peak_rss_over_idle_bytes");
  const sentences: string[] = [];
  if (typeof firstByte === "number" && typeof total?.ratio === "number") {
    const [low, high] = total.ci;
    const isSame = low !== null && high !== null && low <= 1 && high >= 1;
    const whole = isSame
      ? "the whole in about the same time"
      : `the whole in ${percentText(total.ratio)} of the time`;
    sentences.push(
      `Streaming gives the first byte ${timesText(1 / firstByte, "earlier", "later")} than buffering, and ${whole}.`,
    );
  }
  if (peak !== null && bufferedPeak !== null) {
    sentences.push(
      `One streamed export adds ${formatBytes(peak)} of memory at its peak, a buffered one ${formatBytes(bufferedPeak)}.`,
    );
  }
  const held = medianOf(result, scenario, "streaming", "held_s_per_export");
  const bufferedHeld = medianOf(result, scenario, "buffered", "held_s_per_export");
  if (held !== null && bufferedHeld !== null) {
    sentences.push(
      `To a client that reads at full speed, streaming holds a slot for ${formatSeconds(held)} and buffering for ${formatSeconds(bufferedHeld)}; a slow reader holds it as long as it reads, either way.`,
    );
  }
  return sentences;
}

function neighbourSentences(result: BenchResult): readonly string[] {
  const shares = measuredArms(result, scenario).flatMap(({ id }) => {
    const kept = medianOf(result, scenario, id, "ping_kept_ratio");
    const lost = medianOf(result, scenario, id, "ping_lost_per_export");
    return kept === null || lost === null ? [] : [{ id, kept, lost }];
  });
  if (shares.length === 0) return [];
  const kept = shares.map(({ id, kept: share }) => `${percentText(share)} (${id})`).join(", ");
  const lost = shares
    .map(({ id, lost: count }) => `${significant(Math.max(0, count), 2)} (${id})`)
    .join(", ");
  return [
    `While exports run back to back, of the short requests answered otherwise are left: ${kept}.`,
    `One export costs as much as so many short requests: ${lost}.`,
  ];
}

function slowReaderSentences(result: BenchResult): readonly string[] {
  const arms = measuredArms(result, "slow-readers").flatMap(({ id }) => {
    const bytes = medianOf(result, "slow-readers", id, "bytes_per_concurrent_export");
    const slots = medianOf(result, "slow-readers", id, "slots_held");
    return slots === null ? [] : [{ id, bytes, slots }];
  });
  const [first] = arms;
  if (first === undefined) return [];
  const rate = medianOf(result, "slow-readers", first.id, "read_rate_bytes_per_s");
  const speed = rate === null ? "" : ` at ${quantityText(rate, "bytes/s")}`;
  const held = arms.map(({ id, slots }) => `${significant(slots, 2)} (${id})`).join(", ");
  const sentences = [`Clients that read${speed} hold slots as long as they read, by any delivery: ${held}.`];
  if (arms.every(({ bytes }) => bytes !== null)) {
    const memory = arms.map(({ id, bytes }) => `${formatBytes(bytes ?? 0)} (${id})`).join(", ");
    sentences.push(`Each of them costs the server memory while it reads: ${memory}.`);
  }
  return sentences;
}

function growthSentence(
  { delivery, points, growth }: MemoryCurve,
  bytesPerRow: number | null,
): string | null {
  const [first] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined || growth === null || bytesPerRow === null) return null;
  const span = `from ${formatCount(first.x)} to ${formatCount(last.x)} rows`;
  const slope = `${significant(growth.slope, 2)} bytes for each row, of which a row has ${significant(bytesPerRow, 3)}`;
  const texts = {
    flat: `Memory of ${delivery} is flat ${span}, O(1): it changes by ${slope}.`,
    grows: `Memory of ${delivery} grows with the rows ${span}, O(n): by ${slope}.`,
    unclear: `Whether memory of ${delivery} grows can't be told ${span}: it changes by ${slope}.`,
  } as const;
  return texts[growth.order];
}

/** What two equal things differ by tells what a difference between unequal ones is worth. */
function noiseSentence(result: BenchResult): readonly string[] {
  const again = comparisonOf(result, scenario, "buffered-again", "total_s");
  if (typeof again?.ratio !== "number" || again.ci[0] === null || again.ci[1] === null) return [];
  return [
    `Two identical buffered arms differed by a factor of ${significant(again.ratio, 3)} (${significant(again.ci[0], 3)}–${significant(again.ci[1], 3)}) in total time: smaller differences mean nothing here.`,
  ];
}

/** Below this share of the cost, the cheaper delivery is worth another way of working. */
const worthIt = 0.5;

function choiceSentences(result: BenchResult): readonly string[] {
  const cpu = (arm: string): number | null => medianOf(result, scenario, arm, "cpu_s_per_export");
  const sentences: string[] = [];
  const fileCpu = cpu("file");
  const freshCpu = cpu("streaming") ?? cpu("buffered");
  if (fileCpu !== null && freshCpu !== null && fileCpu < worthIt * freshCpu) {
    sentences.push(
      `Choose file where the same rows are asked for more than once: sending one takes ${percentText(fileCpu / freshCpu)} of the CPU time of making it anew.`,
    );
  }
  const choice = freshChoice(result);
  if (choice !== null) sentences.push(choice);
  return sentences;
}

/** What lies in the socket buffers of a connection within one machine, where it wasn't measured. */
const usualKernelBytes = 4 * 1024 ** 2;

/** For how long each delivery would hold a slot for these rows at the rate of a slow client, and what to make of it. */
function rateSentence(result: BenchResult): readonly string[] {
  const { config, integrity } = result;
  const bytesPerSecond = config["readBytesPerSecond"];
  if (typeof bytesPerSecond !== "number" || integrity.bytes === null || integrity.rows === null) return [];
  const { bytes, rows } = integrity;
  const holds = measuredArms(result, scenario).flatMap(({ id, delivery, role }) => {
    if (role === "aa" || !isDelivery(delivery)) return [];
    const makingSeconds =
      delivery === "streaming"
        ? medianOf(result, scenario, id, "loop_s_per_export")
        : medianOf(result, scenario, id, "first_byte_s");
    if (makingSeconds === null) return [];
    const kernelBytes =
      medianOf(result, "slow-readers", id, "kernel_bytes_per_export") ?? Math.min(usualKernelBytes, bytes);
    const factors = { delivery, bodyBytes: bytes, makingSeconds, bytesPerSecond, kernelBytes };
    return [{ id, delivery, seconds: expectedHoldSeconds(factors) }];
  });
  const streamed = holds.find(({ delivery }) => delivery === "streaming");
  const buffered = holds.find(({ delivery }) => delivery === "buffered");
  if (streamed === undefined || buffered === undefined) return [];
  const list = holds.map(({ id, seconds }) => `${formatSeconds(seconds)} (${id})`).join(", ");
  const isAlike = streamed.seconds > sameHold * buffered.seconds;
  const advice = isAlike
    ? "the delivery hardly changes for how long, so choose by first byte and memory, which means streaming, or a file where one can lie ready"
    : "streaming gives the slot back sooner, since it is made while it is sent";
  return [
    `To a client that takes ${quantityText(bytesPerSecond, "bytes/s")}, ${formatCount(rows)} rows hold a slot for about ${list}, by analysis: ${advice}.`,
  ];
}

/** From this share of the buffered time on, streaming saves nothing worth a decision. */
const sameHold = 0.8;

/** What an interval wholly below or above one says of streaming: metric, gain, price. */
const traits = [
  ["first_byte_s", "an earlier first byte", "a later first byte"],
  ["total_s", "a shorter total", "a longer total"],
  ["peak_rss_over_idle_bytes", "less memory", "more memory"],
  ["cpu_s_per_export", "less CPU time", "more CPU time"],
] as const;

/** For rows that are made anew each time. */
function freshChoice(result: BenchResult): string | null {
  const gains: string[] = [];
  const prices: string[] = [];
  for (const [metric, gain, price] of traits) {
    const [low, high] = comparisonOf(result, scenario, "streaming", metric)?.ci ?? [];
    if (typeof high === "number" && high < 1) gains.push(gain);
    if (typeof low === "number" && low > 1) prices.push(price);
  }
  if (gains.length === 0 && prices.length === 0) return null;
  const against = prices.length === 0 ? "" : `, at the price of ${listText(prices)}`;
  if (gains.length > 0)
    return `Choose streaming for rows that differ each time: it gives ${listText(gains)}${against}.`;
  return `Choose buffered for an export as small as this: streaming gains nothing and costs ${listText(prices)}.`;
}

function listText(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

function timesText(factor: number, more: string, less: string): string {
  return factor >= 1
    ? `${significant(factor, 2)} times ${more}`
    : `${significant(1 / factor, 2)} times ${less}`;
}
