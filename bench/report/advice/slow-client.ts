import { formatCount, formatSeconds, isDelivery } from "../../../src/ground.ts";
import { expectedHoldSeconds } from "../../result/expected-hold-seconds.ts";
import type { BenchResult } from "../../result/schema.ts";
import { quantityText } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** What the socket buffers of a connection within one machine take, where it wasn't measured. */
const usualKernelBytes = 4 * 1024 ** 2;
/** Above this share of the buffered time, streaming frees the slot too little earlier to decide by it. */
const sameHold = 0.8;

/** For how long each delivery would hold a slot for a client of the rate that was asked about, and what follows. */
export function slowClientSentences(
  { config, integrity }: BenchResult,
  view: ScenarioView,
  slow: ScenarioView,
): readonly string[] {
  const bytesPerSecond = config["readBytesPerSecond"];
  const { bytes, rows } = integrity;
  if (typeof bytesPerSecond !== "number" || bytes === null || rows === null) return [];
  const holds = view.arms.flatMap(({ id, delivery, role }) => {
    if (role === "aa" || !isDelivery(delivery)) return [];
    const makingSeconds = view.median(id, delivery === "streaming" ? "loop_s_per_export" : "first_byte_s");
    if (makingSeconds === null) return [];
    const kernelBytes = slow.median(id, "kernel_bytes_per_export") ?? Math.min(usualKernelBytes, bytes);
    const factors = { delivery, bodyBytes: bytes, makingSeconds, bytesPerSecond, kernelBytes };
    return [{ id, delivery, seconds: expectedHoldSeconds(factors) }];
  });
  const streamed = holds.find(({ delivery }) => delivery === "streaming");
  const buffered = holds.find(({ delivery }) => delivery === "buffered");
  if (streamed === undefined || buffered === undefined) return [];
  const list = holds.map(({ id, seconds }) => `${formatSeconds(seconds)} (${id})`).join(", ");
  const advice =
    streamed.seconds > sameHold * buffered.seconds
      ? "The delivery hardly changes this time, so choose by first byte and memory: streaming, or file when the file can be made in advance."
      : "Streaming frees the slot earlier, because it makes the rows while it sends them.";
  return [
    `By analysis, a client that reads at ${quantityText(bytesPerSecond, "bytes/s")} holds a slot for ${formatCount(rows)} rows for about ${list}. ${advice}`,
  ];
}
