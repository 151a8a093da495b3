import type { Section } from "../model/report.ts";
import type { ScenarioView } from "../read/scenario-view.ts";
import { capacitySection } from "./capacity.ts";
import { exportSection } from "./export.ts";
import { leaveSection } from "./leave.ts";
import { mixedSection } from "./mixed.ts";
import { scalingSection } from "./scaling.ts";
import { unknownSection, type ScenarioSection } from "./scenario-section.ts";
import { slowReadersSection } from "./slow-readers.ts";
import { syncWorkersSection } from "./sync-workers.ts";

/** What each scenario says in a report, by the scenario's name. */
const sections: ReadonlyMap<string, ScenarioSection> = new Map([
  ["export", exportSection],
  ["slow-readers", slowReadersSection],
  ["scaling", scalingSection],
  ["leave", leaveSection],
  ["mixed", mixedSection],
  ["sync-workers", syncWorkersSection],
  ["capacity", capacitySection],
]);

/** The section of a scenario; one of another version shows every number it has. */
export function sectionOfScenario(view: ScenarioView): Section {
  return (sections.get(view.name) ?? unknownSection)(view);
}
