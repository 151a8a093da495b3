import { errorOf } from "../fault.ts";
import { readRunSettings } from "./read-run-settings.ts";
import { concludeRun, type BenchRun } from "./conclude-run.ts";
import type { BenchConfig } from "./config.ts";
import type { BenchHooks } from "./hooks.ts";
import { measureScenarios } from "./measure-scenarios.ts";
import { planRun } from "./plan-run.ts";
import { beginRun } from "./run.ts";
import { surveyRun } from "./survey-run.ts";
import { withSubjects } from "./with-subjects.ts";

/**
 * Measures what an export costs: starts servers, reads exports from them and samples them meanwhile. When there is
 * something to compare with, it also judges the budgets.
 *
 * Every server it starts has ended when it resolves. It holds no body, and no more than the numbers it reports.
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` when the configuration can't be run; any later error
 *   is in the {@link BenchRun}
 */
export async function runBench(config: BenchConfig, hooks: BenchHooks): Promise<BenchRun> {
  const settings = readRunSettings(config, hooks);
  const run = await beginRun(settings, hooks);
  try {
    await withSubjects(run, async (subjects) => {
      const survey = await surveyRun(run, subjects);
      const plan = planRun(settings, subjects, survey);
      await measureScenarios(run, survey.session, plan);
    });
  } catch (fault) {
    return concludeRun(run, errorOf(fault));
  }
  return concludeRun(run, null);
}
