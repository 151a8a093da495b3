import { isDelivery } from "../../../src/ground.ts";
import type { Arm, BenchResult, Comparison, Round, Series } from "../../result/result.ts";
import { median } from "../../statistics/median.ts";
import { footnotesOf } from "./footnotes.ts";
import { shownMetrics, type ShownMetric } from "./shown-metric.ts";

/** One scenario of a result, and what is asked of it again and again. */
export interface ScenarioView {
  readonly name: string;
  /** Arms with at least one number, in the order of the result. */
  readonly arms: readonly Arm[];
  /** Metrics with at least one number, in the order of the result. */
  readonly metrics: readonly ShownMetric[];
  readonly rounds: readonly Round[];
  /** Of arms with each other. */
  readonly comparisons: readonly Comparison[];
  /** Of arms with the value that a budget allows. */
  readonly limits: readonly Comparison[];
  /** What was sampled over time. */
  readonly series: readonly Series[];
  /** Bytes of a row of the export; null when it wasn't read whole. */
  readonly bytesPerRow: number | null;
  /** Slow readers at once, as the run was set; null when the result doesn't say. */
  readonly readers: number | null;
  /** The most slots of an arm that can be held at once, as the run was set; infinite when the result doesn't say. */
  mostSlots(arm: string): number;
  /** Values of a metric in the valid rounds, in their order. */
  values(arm: string, metric: string): readonly number[];
  /** null when no valid round has the metric. */
  median(arm: string, metric: string): number | null;
  /** How an arm compares with another one; undefined when that wasn't measured. */
  comparison(arm: string, metric: string): Comparison | undefined;
  /** What analysis says that a metric should be; null when it says nothing. */
  expected(arm: string, metric: string): number | null;
  /** What a check on a metric saw; null when it wasn't checked. */
  observed(arm: string, metric: string): number | null;
  /** Numbers of the footnotes that are about an arm, counted from 1. */
  footnotes(arm: string): readonly number[];
}

/** The scenarios that were measured, in the order they were. */
export function scenarioViews(result: BenchResult): readonly ScenarioView[] {
  return [...new Set(result.rounds.map(({ scenario }) => scenario))].map((name) =>
    scenarioView(result, name),
  );
}

/** One scenario, which is empty when it wasn't measured. */
export function scenarioView(result: BenchResult, name: string): ScenarioView {
  const { checks, config, integrity } = result;
  const footnotes = footnotesOf(result);
  const rounds = result.rounds.filter(({ scenario }) => scenario === name);
  const compared = result.comparisons.filter(({ scenario }) => scenario === name);
  const comparisons = compared.filter((item) => !isWithLimit(item));
  const arms = result.arms.filter(
    (arm) => arm.scenario === name && rounds.some((round) => round.arms[arm.id] !== undefined),
  );
  // A reader holds one slot at most.
  const readers = numberOrNull(config["readers"]);
  const values = (arm: string, metric: string): readonly number[] =>
    rounds.flatMap((round) => (round.valid ? (round.arms[arm]?.[metric] ?? []) : []));
  const checkOf = (arm: string, metric: string): BenchResult["checks"][number] | undefined =>
    checks.find(({ id }) => id === `${name}.${arm}.${metric}`);
  return {
    name,
    arms,
    metrics: shownMetrics(result).filter(({ id }) =>
      rounds.some((round) => arms.some((arm) => typeof round.arms[arm.id]?.[id] === "number")),
    ),
    rounds,
    comparisons,
    limits: compared.filter(isWithLimit),
    series: (result.series ?? []).filter(({ scenario, points }) => scenario === name && points.length > 0),
    bytesPerRow: bytesPerRowOf(integrity),
    readers,
    mostSlots(id) {
      const isOurs = arms.some((arm) => arm.id === id && isDelivery(arm.delivery));
      return Math.min(
        readers ?? Number.POSITIVE_INFINITY,
        isOurs ? ownSlots(config) : Number.POSITIVE_INFINITY,
      );
    },
    values,
    median: (arm, metric) => median(values(arm, metric)),
    comparison: (arm, metric) => comparisons.find((item) => item.treatment === arm && item.metric === metric),
    expected: (arm, metric) => numberOrNull(checkOf(arm, metric)?.expected),
    observed: (arm, metric) => numberOrNull(checkOf(arm, metric)?.observed),
    footnotes: (arm) => footnotes.flatMap(({ arms: of }, index) => (of.includes(arm) ? [index + 1] : [])),
  };
}

/** Metrics that may change by a share, or that have a limit; what has to be equal differs by a byte or not at all, and isn't among them. */
export function budgetedMetrics({ comparisons, limits }: ScenarioView): ReadonlySet<string> {
  const ofShares = comparisons.flatMap(({ budget, metric }) => ((budget ?? 0) > 0 ? [metric] : []));
  return new Set([...ofShares, ...limits.map(({ metric }) => metric)]);
}

/** Whether an arm is compared with the value that a budget allows, and not with another arm. */
export function isWithLimit({ limit }: Comparison): boolean {
  return limit !== undefined;
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** The slots of our own server; infinite when the result doesn't say. */
function ownSlots({ workers, workerModel, slots }: BenchResult["config"]): number {
  if (typeof workers !== "number") return Number.POSITIVE_INFINITY;
  // A sync worker is one slot.
  if (workerModel === "sync") return workers;
  return typeof slots === "number" ? workers * slots : Number.POSITIVE_INFINITY;
}

function bytesPerRowOf({ bytes, rows }: BenchResult["integrity"]): number | null {
  return bytes !== null && rows !== null && rows > 0 ? bytes / rows : null;
}
