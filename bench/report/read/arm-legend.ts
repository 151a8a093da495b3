import type { LegendEntry } from "../model/legend.ts";
import type { ScenarioView } from "./scenario-view.ts";

/** Every arm as itself. */
export function armLegend({ arms }: ScenarioView): readonly LegendEntry[] {
  return arms.map(({ id, role }) => ({ id, isRepeat: role === "aa" }));
}
