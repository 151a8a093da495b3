import { percentText, significant } from "../number-text.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { ratioText } from "../shown-cell.ts";
import { sureDifference } from "./sure-difference.ts";

/** Sending a finished file is worth its preparation when it costs less than this share of making the rows anew. */
const worthIt = 0.5;

/** Which delivery to choose, for rows that are asked for again and for rows that differ each time. */
export function choiceSentences(view: ScenarioView): readonly string[] {
  return [...fileChoice(view), ...freshChoice(view)];
}

function fileChoice(view: ScenarioView): readonly string[] {
  const cpu = sureDifference(view, "file", "cpu_s_per_export");
  if (cpu === null || cpu.interval[1] >= worthIt) return [];
  const [low, high] = cpu.interval;
  return [
    `Choose file when clients ask for the same rows more than once: sending a finished file takes ${percentText(cpu.ratio)} (${significant(low * 100, 2)}–${percentText(high)}) of the CPU time of a buffered export.`,
  ];
}

/** What a sure difference says about streaming: metric, gain, price. */
const traits = [
  ["first_byte_s", "an earlier first byte", "a later first byte"],
  ["total_s", "a shorter total time", "a longer total time"],
  ["peak_rss_over_idle_bytes", "less memory", "more memory"],
  ["cpu_s_per_export", "less CPU time", "more CPU time"],
] as const;

function freshChoice(view: ScenarioView): readonly string[] {
  const gains: string[] = [];
  const prices: string[] = [];
  for (const [metric, gain, price] of traits) {
    const sure = sureDifference(view, "streaming", metric);
    if (sure === null) continue;
    (sure.ratio < 1 ? gains : prices).push(
      `${sure.ratio < 1 ? gain : price} at ${ratioText({ ratio: sure.ratio, interval: sure.interval })}`,
    );
  }
  if (gains.length > 0) {
    const price = prices.length === 0 ? "" : ` It costs ${listText(prices)}.`;
    return [`Choose streaming when the rows differ each time: it gives ${listText(gains)}.${price}`];
  }
  if (prices.length === 0) return [];
  return [
    `Choose buffered for an export as small as this one: streaming gains nothing and costs ${listText(prices)}.`,
  ];
}

function listText(items: readonly string[]): string {
  return new Intl.ListFormat("en").format(items);
}
