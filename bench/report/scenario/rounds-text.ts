import { formatCount } from "../../../src/ground.ts";
import type { Arm } from "../../result/result.ts";
import { significant } from "../number-text.ts";
import { needsInterval } from "../read/median-cell.ts";
import { medianInterval } from "../read/median-interval.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import type { ShownMetric } from "../read/shown-metric.ts";

/** Metrics that were measured in as many rounds. */
interface Group {
  readonly count: number;
  readonly metrics: readonly ShownMetric[];
  /** Confidence of the intervals shown; null where none is shown. */
  readonly confidence: number | null;
}

/**
 * Of how many rounds the medians of a table are. Not every round takes every metric, since some are for short requests
 * alone: what was measured in other rounds than most of the table is named.
 */
export function roundsText(
  view: ScenarioView,
  arms: readonly Arm[],
  metrics: readonly ShownMetric[],
): string {
  const [most, ...others] = groupsOf(view, arms, metrics).toSorted(
    (left, right) => right.metrics.length - left.metrics.length || right.count - left.count,
  );
  if (most === undefined) return "No round counts.";
  const first =
    most.count === 1
      ? "Values of one round: no difference between them is sure."
      : `Medians of ${formatCount(most.count)} rounds${intervalText(most)}.`;
  return [first, ...others.map(otherText)].join(" ");
}

function groupsOf(
  view: ScenarioView,
  arms: readonly Arm[],
  metrics: readonly ShownMetric[],
): readonly Group[] {
  const counted = metrics.flatMap((metric) => {
    const values = arms.map(({ id }) => view.values(id, metric.id));
    const count = Math.max(0, ...values.map(({ length }) => length));
    return count === 0 ? [] : [{ metric, count, values }];
  });
  return [...new Set(counted.map(({ count }) => count))].map((count) => {
    const own = counted.filter((item) => item.count === count);
    const levels = own.flatMap(({ metric, values }) =>
      needsInterval(metric) ? values.flatMap((of) => medianInterval(of)?.confidence ?? []) : [],
    );
    return {
      count,
      metrics: own.map(({ metric }) => metric),
      confidence: levels.length === 0 ? null : Math.min(...levels),
    };
  });
}

/** `Short requests kept and short requests lost are medians of 4 rounds, with intervals of 87.5 % confidence in brackets.` */
function otherText(group: Group): string {
  const { count, metrics } = group;
  const names = new Intl.ListFormat("en").format(metrics.map(({ label }) => label));
  const title = `${names.slice(0, 1).toUpperCase()}${names.slice(1)}`;
  const isOne = metrics.length === 1;
  if (count === 1) return `${title} ${isOne ? "is a value" : "are values"} of one round.`;
  const medians = isOne ? "is the median" : "are medians";
  return `${title} ${medians} of ${formatCount(count)} rounds${intervalText(group)}.`;
}

function intervalText({ confidence }: Group): string {
  return confidence === null
    ? ""
    : `, with intervals of at least ${significant(confidence * 100, 3)} % confidence in brackets`;
}
