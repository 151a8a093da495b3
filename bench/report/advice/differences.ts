import { ratioText } from "../shown-cell.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { sureDifference } from "./sure-difference.ts";

/** What a reader asks first, in words. */
const traits = [
  ["first_byte_s", "time to the first byte"],
  ["total_s", "total time"],
  ["peak_rss_over_idle_bytes", "peak memory"],
  ["cpu_s_per_export", "CPU time"],
] as const;

/**
 * What surely differs between each arm and its control, and what does not: an arm a sentence, by its own name. Nothing for
 * an arm without enough rounds.
 */
export function differenceSentences(view: ScenarioView): readonly string[] {
  return view.arms.flatMap(({ id, role }) => {
    if (role !== "treatment") return [];
    const compared = traits.flatMap(([metric, words]) => {
      const comparison = view.comparison(id, metric);
      return comparison === undefined || comparison.n < 2 || comparison.ratio === null
        ? []
        : [{ words, control: comparison.control, sure: sureDifference(view, id, metric) }];
    });
    const [first] = compared;
    if (first === undefined) return [];
    const sure = compared.flatMap(({ words, sure: found }) =>
      found === null ? [] : [`${words} ${ratioText({ ratio: found.ratio, interval: found.interval })}`],
    );
    const unsure = compared.flatMap(({ words, sure: found }) => (found === null ? [words] : []));
    const parts = [
      ...(sure.length === 0 ? [] : [listed(sure)]),
      ...(unsure.length === 0 ? [] : [`no difference beyond the noise of this run in ${listed(unsure)}`]),
    ];
    return [`${id} compared with ${first.control}: ${parts.join("; ")}.`];
  });
}

function listed(items: readonly string[]): string {
  return new Intl.ListFormat("en").format(items);
}
