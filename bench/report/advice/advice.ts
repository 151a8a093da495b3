import type { BenchResult } from "../../result/result.ts";
import type { Section } from "../model/report.ts";
import { scenarioView, type ScenarioView } from "../read/scenario-view.ts";
import { equalArms, repeatedInterval } from "../read/sure-difference.ts";
import { ratioText } from "../shown-cell.ts";
import { differenceSentences } from "./differences.ts";
import { growthSentences } from "./growth.ts";
import { neighborSentences } from "./neighbors.ts";
import { slowClientSentences } from "./slow-client.ts";
import { slowReaderSentences } from "./slow-readers.ts";

/** More aren't read; the tables have everything. */
const mostSentences = 6;

/** What a result means, in a few plain sentences, the most important first; no section when nothing was measured. */
export function adviceSections(result: BenchResult): readonly Section[] {
  // A run that compares two versions says which of them costs less, not which delivery to choose.
  if (comparesVersions(result)) return [];
  const view = scenarioView(result, "export");
  const slow = scenarioView(result, "slow-readers");
  const sentences = [
    ...differenceSentences(view),
    ...slowClientSentences(result, view, slow),
    ...growthSentences(scenarioView(result, "scaling")),
    ...slowReaderSentences(slow),
    ...neighborSentences(view, scenarioView(result, "mixed")),
  ].slice(0, mostSentences);
  if (sentences.length === 0) return [];
  return [
    {
      kind: "finding",
      name: "what it means",
      heading: "What it means",
      sentences,
      notes: noiseNotes(view),
    },
  ];
}

/** Whether a delivery is compared with the same delivery, so that there are two versions of it. */
function comparesVersions({ arms }: BenchResult): boolean {
  return arms.some(
    (arm) =>
      arm.role === "treatment" &&
      arms.some((other) => other.role === "control" && other.delivery === arm.delivery),
  );
}

/** How much two equal arms differ shows which differences between other arms mean something. */
function noiseNotes(view: ScenarioView): readonly string[] {
  return equalArms(view, "total_s").flatMap((again) => {
    const interval = repeatedInterval(again);
    if (again.ratio === null || interval === null) return [];
    return [
      `${again.treatment} repeats ${again.control}: between these equal arms, total time differs by ${ratioText({ ratio: again.ratio, interval })}. No difference is called sure that is smaller than what equal arms show.`,
    ];
  });
}
