import type { BenchResult } from "../result/schema.ts";
import type { Report } from "./model/report.ts";
import { scenarioViews } from "./read/scenario-view.ts";
import { adviceSections } from "./advice/advice.ts";
import { budgetSections } from "./section/budgets.ts";
import { conclusionOf } from "./section/conclusion.ts";
import { circumstancesText, runSection, subjectText } from "./section/run.ts";
import { sectionOfScenario } from "./scenario/scenarios.ts";
import { versionsText } from "./section/versions-text.ts";

/** Makes the report of a result, which every format for people then shows in its own way. */
export function buildReport(result: BenchResult): Report {
  return {
    title: subjectText(result),
    versions: versionsText(result),
    circumstances: circumstancesText(result),
    conclusion: conclusionOf(result),
    sections: [
      ...adviceSections(result),
      ...budgetSections(result),
      ...scenarioViews(result).map(sectionOfScenario),
      runSection(result),
    ],
    footnotes: result.warnings,
  };
}
