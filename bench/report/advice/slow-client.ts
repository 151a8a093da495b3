import { formatCount, formatSeconds, isDelivery } from "../../../src/ground.ts";
import { expectedHoldSeconds } from "../../result/expected-hold-seconds.ts";
import type { BenchResult } from "../../result/result.ts";
import { quantityText } from "../number-text.ts";
import { medianInterval } from "../read/median-interval.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** What the socket buffers of a connection within one machine take, where it wasn't measured. */
const usualKernelBytes = 4 * 1024 ** 2;
/** Above this share of the buffered time, streaming frees the slot too little earlier to decide by it. */
const sameHold = 0.8;

/** For how long a delivery would hold a slot by analysis. */
interface Hold {
  readonly id: string;
  readonly delivery: string;
  readonly seconds: number;
  /** By the ends of the interval of what was measured; null with too few rounds for one. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * For how long each delivery would hold a slot for a client of the rate that was asked about, and what follows. Nothing
 * follows where the intervals don't decide it.
 */
export function slowClientSentences(
  { config, integrity }: BenchResult,
  view: ScenarioView,
  slow: ScenarioView,
): readonly string[] {
  const bytesPerSecond = config["readBytesPerSecond"];
  const { bytes, rows } = integrity;
  if (typeof bytesPerSecond !== "number" || bytes === null || rows === null) return [];
  const holds = view.arms.flatMap(({ id, delivery, role }): readonly Hold[] => {
    if (role === "aa" || !isDelivery(delivery)) return [];
    const metric = delivery === "streaming" ? "loop_s_per_export" : "first_byte_s";
    const makingSeconds = view.median(id, metric);
    if (makingSeconds === null) return [];
    const kernelBytes = slow.median(id, "kernel_bytes_per_export") ?? Math.min(usualKernelBytes, bytes);
    const factors = { delivery, bodyBytes: bytes, bytesPerSecond, kernelBytes };
    const holdOf = (making: number): number => expectedHoldSeconds({ ...factors, makingSeconds: making });
    const ends = medianInterval(view.values(id, metric))?.interval ?? null;
    const interval = ends === null ? null : ([holdOf(ends[0]), holdOf(ends[1])] as const);
    return [{ id, delivery, seconds: holdOf(makingSeconds), interval }];
  });
  const streamed = holds.find(({ delivery }) => delivery === "streaming");
  const buffered = holds.find(({ delivery }) => delivery === "buffered");
  if (streamed === undefined || buffered === undefined) return [];
  const list = holds.map(holdText).join(", ");
  return [
    `By analysis from what was measured, a client that reads at ${quantityText(bytesPerSecond, "bytes/s")} holds a slot for ${formatCount(rows)} rows for about ${list}.${adviceText(streamed, buffered)}`,
  ];
}

/** `streaming 9.20 s (9.10 s–9.40 s)` */
function holdText({ id, seconds, interval }: Hold): string {
  const range = interval === null ? "" : ` (${interval.map(formatSeconds).join("–")})`;
  return `${id} ${formatSeconds(seconds)}${range}`;
}

/** What follows, where the whole intervals say the same. */
function adviceText({ interval: streamed }: Hold, { interval: buffered }: Hold): string {
  if (streamed === null || buffered === null) return "";
  if (streamed[0] > sameHold * buffered[1]) {
    return " The delivery hardly changes this time, so choose by first byte and memory: streaming, or file when the file can be made in advance.";
  }
  return streamed[1] < sameHold * buffered[0]
    ? " Streaming frees the slot earlier, because it makes the rows while it sends them."
    : "";
}
