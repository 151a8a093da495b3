import { formatCount } from "../../../src/ground.ts";
import { quantityText } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { measuredIn, measuredText } from "./measured-text.ts";

/** A reader holds a slot where at least this many slots a reader were held; buffers of the kernel end a hold early. */
const holding = 0.5;

/** What clients that read slowly cost, and which arms couldn't serve them: what was measured, with its rounds. */
export function slowReaderSentences(view: ScenarioView): readonly string[] {
  const [first] = view.arms;
  if (first === undefined) return [];
  const rate = view.median(first.id, "read_rate_bytes_per_s");
  const speed = rate === null ? "slowly" : `at ${quantityText(rate, "bytes/s")}`;
  const costs = [holdText(view), memoryText(view)].filter((text) => text !== "");
  const start = measuredIn(view, ["slots_held", "bytes_per_concurrent_export"]);
  return [
    ...(costs.length === 0 ? [] : [`${start} clients that read ${speed} ${costs.join(" and ")}.`]),
    ...unservedSentences(view),
  ];
}

/** Whether a slot was taken as long as a client read. */
function holdText(view: ScenarioView): string {
  const slotsOf = view.arms.flatMap(({ id, role }) => {
    const slots = role === "aa" ? null : view.median(id, "slots_held");
    return slots === null ? [] : [{ id, slots }];
  });
  const readers = view.readers ?? Math.max(...slotsOf.map(({ slots }) => slots));
  const measured = slotsOf.map(({ id, slots }) => ({ id, holds: slots >= holding * Math.max(1, readers) }));
  const holders = measured.filter(({ holds }) => holds).map(({ id }) => id);
  if (holders.length === 0) return "";
  const arms = holders.length === measured.length ? "every arm" : listed(holders);
  return `held a slot of ${arms} as long as they were watched`;
}

function memoryText(view: ScenarioView): string {
  const values = view.arms.flatMap(({ id, role }) => {
    const text = role === "aa" ? null : measuredText(view, id, "bytes_per_concurrent_export");
    return text === null ? [] : [`${id} ${text}`];
  });
  return values.length === 0 ? "" : `took this much memory each: ${values.join(", ")}`;
}

/** Arms that did not serve all slow readers, or not all short requests beside them. */
function unservedSentences(view: ScenarioView): readonly string[] {
  return view.arms.flatMap(({ id }) => {
    const served = view.median(id, "readers_served");
    const failed = view.median(id, "ping_failed_ratio");
    const readers = view.readers;
    const start = (metric: string): string => measuredIn(view, [metric]);
    return [
      ...(served !== null && readers !== null && served < readers
        ? [
            `${start("readers_served")} ${id} served ${measuredText(view, id, "readers_served")} of ${formatCount(readers)} slow readers at once; the others waited.`,
          ]
        : []),
      ...(failed !== null && failed > 0
        ? [
            `${start("ping_failed_ratio")} ${id} left ${measuredText(view, id, "ping_failed_ratio")} of its short requests unanswered while slow readers read.`,
          ]
        : []),
    ];
  });
}

function listed(items: readonly string[]): string {
  return new Intl.ListFormat("en").format(items);
}
