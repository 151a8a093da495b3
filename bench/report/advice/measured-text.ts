import { formatCount } from "../../../src/ground.ts";
import { significant, unitText } from "../number-text.ts";
import { medianInterval } from "../read/median-interval.ts";
import type { ScenarioView } from "../read/scenario-view.ts";

/** A measured value as a sentence names it: with its interval, or without one where there are too few rounds. */
export function measuredText(view: ScenarioView, arm: string, metric: string): string | null {
  const value = view.median(arm, metric);
  const shown = view.metrics.find(({ id }) => id === metric);
  if (value === null || shown === undefined) return null;
  const text = (number: number): string => unitText(number, shown.unit);
  const found = medianInterval(view.values(arm, metric));
  return found === null ? text(value) : `${text(value)} (${found.interval.map(text).join("–")})`;
}

/** How a sentence with measured values begins: `Measured in one round:`, or with how sure their intervals are. */
export function measuredIn(view: ScenarioView, metrics: readonly string[]): string {
  const all = metrics.flatMap((metric) => view.arms.map(({ id }) => view.values(id, metric)));
  const count = Math.max(0, ...all.map(({ length }) => length));
  const levels = all.flatMap((values) => medianInterval(values)?.confidence ?? []);
  const rounds = count === 1 ? "one round" : `${formatCount(count)} rounds`;
  const sure =
    levels.length === 0
      ? ""
      : `, with intervals of at least ${significant(Math.min(...levels) * 100, 3)} % confidence`;
  return `Measured in ${rounds}${sure}:`;
}
