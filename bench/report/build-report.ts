import type { BenchResult } from "../result/result.ts";
import type { Report } from "./model/report.ts";
import { footnotesOf } from "./read/footnotes.ts";
import { scenarioViews } from "./read/scenario-view.ts";
import { withErrorsOnce } from "./read/with-errors-once.ts";
import { adviceSections } from "./advice/advice.ts";
import { budgetSections } from "./section/budgets.ts";
import { conclusionOf } from "./section/conclusion.ts";
import { glanceOf } from "./section/glance.ts";
import { circumstancesText, runSection, subjectText } from "./section/run.ts";
import { sectionOfScenario } from "./scenario/scenarios.ts";
import { versionsText } from "./section/versions-text.ts";

/** How a report is made. */
export interface ReportOptions {
  /**
   * The error that ended the run is on standard error; the report says only what doesn't count because of it.
   * @default false
   */
  readonly isErrorReported?: boolean;
}

/** Makes the report of a result, which every format for people then shows in its own way. */
export function buildReport(whole: BenchResult, { isErrorReported = false }: ReportOptions = {}): Report {
  const once = withErrorsOnce(whole, isErrorReported);
  const conclusion = conclusionOf(once);
  // What the conclusion says is not a footnote too.
  const warnings = once.warnings.filter((warning) => !conclusion.sentences.includes(warning));
  const result = { ...once, warnings };
  return {
    title: subjectText(result),
    versions: versionsText(result),
    circumstances: circumstancesText(result),
    glance: glanceOf(result),
    conclusion,
    sections: [
      ...adviceSections(result),
      ...budgetSections(result),
      ...scenarioViews(result).map(sectionOfScenario),
      runSection(result),
    ],
    footnotes: footnotesOf(result).map(({ text }) => text),
  };
}
