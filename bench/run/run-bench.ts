import { errorOf } from "../fault.ts";
import { readRunSettings } from "./read-run-settings.ts";
import { concludeRun, type BenchRun } from "./conclude-run.ts";
import type { BenchConfig } from "./config.ts";
import type { BenchHooks } from "./hooks.ts";
import { measureScenarios } from "./measure-scenarios.ts";
import { planRun } from "./plan-run.ts";
import { requireMeasurable } from "./require-measurable.ts";
import { beginRun } from "./run.ts";
import { surveyRun } from "./survey-run.ts";
import { observerNotes, withObservers } from "./with-observers.ts";
import { withSubjects } from "./with-subjects.ts";

/**
 * Measures what an export costs: starts servers, reads exports from them and samples them meanwhile. When there is
 * something to compare with, it also judges the budgets.
 *
 * Every server it starts has ended when it resolves. It holds no body, and no more than the numbers it reports.
 * @param config - what is measured; everything but the seed has a default
 * @param hooks - what starts the server, the caller's name, and what is reported meanwhile
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` when the configuration can't be run; any later error
 *   is in the {@link BenchRun}
 * @example
 * ```js
 * import { fileURLToPath } from "node:url";
 * import { runBench } from "stream-csv/bench";
 *
 * const program = fileURLToPath(new URL("dist/bin/stream-csv.js", import.meta.resolve("stream-csv/package.json")));
 * const { result } = await runBench(
 *   { seed: 1, rows: 2000, rounds: 1, scenarios: ["export"], deliveries: ["streaming"], isQuick: true },
 *   { cli: [process.execPath, program], tool: { name: "mine", version: "1.0.0" } },
 * );
 * console.log(result.schema, result.verdict, result.complete);
 * ```
 *
 * ```text
 * stream-csv.bench.v1 informational true
 * ```
 */
export async function runBench(config: BenchConfig, hooks: BenchHooks): Promise<BenchRun> {
  const settings = readRunSettings(config, hooks);
  const run = await beginRun(settings, hooks);
  try {
    await withObservers(settings.observed, (observers) => {
      for (const note of observerNotes(observers)) run.record.warn(note);
      return withSubjects(run, async (subjects) => {
        const survey = await surveyRun(run, subjects, observers);
        const plan = planRun(settings, subjects, survey);
        requireMeasurable(settings, plan);
        await measureScenarios(run, survey.session, plan);
      });
    });
  } catch (fault) {
    return concludeRun(run, errorOf(fault));
  }
  return concludeRun(run, null);
}
