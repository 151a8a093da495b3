import type { ScenarioView } from "../read/scenario-view.ts";
import { sureDifference, type SureDifference } from "../read/sure-difference.ts";
import { ratioText } from "../shown-cell.ts";

/** What a reader asks first, in words. */
const traits = [
  ["first_byte_s", "time to the first byte"],
  ["total_s", "total time"],
  ["peak_rss_over_idle_bytes", "peak memory"],
  ["cpu_s_per_export", "CPU time"],
] as const;

/** Sending a finished file is worth its preparation when it costs less than this share of making the rows anew. */
const worthIt = 0.5;

/** How an arm differs from its control. */
interface Difference {
  readonly arm: string;
  readonly control: string;
  readonly sure: readonly (SureDifference & { readonly metric: string; readonly words: string })[];
  readonly unsure: readonly string[];
}

/**
 * What surely differs between each arm and its control, and what does not: an arm a sentence, which says what to choose
 * where the arms are deliveries. Nothing for an arm without enough rounds.
 */
export function differenceSentences(view: ScenarioView): readonly string[] {
  return view.arms.flatMap(({ id, role }) => {
    const difference = role === "treatment" ? differenceOf(view, id) : null;
    return difference === null ? [] : [`${choiceText(difference)} ${differenceText(difference)}.`];
  });
}

function differenceOf(view: ScenarioView, arm: string): Difference | null {
  const compared = traits.flatMap(([metric, words]) => {
    const comparison = view.comparison(arm, metric);
    return comparison === undefined || comparison.n < 2 || comparison.ratio === null
      ? []
      : [{ metric, words, control: comparison.control, sure: sureDifference(view, arm, metric) }];
  });
  const [first] = compared;
  if (first === undefined) return null;
  return {
    arm,
    control: first.control,
    sure: compared.flatMap(({ metric, words, sure }) => (sure === null ? [] : [{ ...sure, metric, words }])),
    unsure: compared.flatMap(({ words, sure }) => (sure === null ? [words] : [])),
  };
}

/** Which delivery to choose when, as far as the difference shows it. */
function choiceText({ arm, control, sure }: Difference): string {
  const compared = `${arm} compared with ${control}:`;
  if (control !== "buffered") return compared;
  if (arm === "file") {
    const cpu = sure.find(({ metric }) => metric === "cpu_s_per_export");
    const isCheaper = cpu !== undefined && cpu.interval[1] < worthIt;
    return isCheaper
      ? "Choose file when clients ask for the same rows more than once: compared with buffered,"
      : compared;
  }
  if (arm === "job") return "Choose job when an export outlasts a request: compared with buffered,";
  if (arm !== "streaming" || sure.length === 0) return compared;
  return sure.some(({ ratio }) => ratio < 1)
    ? "Choose streaming when the rows differ each time: compared with buffered,"
    : "Choose buffered for an export as small as this one: compared with it, streaming has";
}

function differenceText({ sure, unsure }: Difference): string {
  const texts = sure.map(({ words, ratio, interval }) => `${words} ${ratioText({ ratio, interval })}`);
  return [
    ...(texts.length === 0 ? [] : [listed(texts)]),
    ...(unsure.length === 0 ? [] : [`no difference beyond the noise of this run in ${listed(unsure)}`]),
  ].join("; ");
}

function listed(items: readonly string[]): string {
  return new Intl.ListFormat("en").format(items);
}
