import { appendFile, stat } from "node:fs/promises";
import type * as Bench from "../bench/results.ts";
import type { BenchResult } from "../bench/index.ts";
import { messageOf } from "../src/ground.ts";
import { remedyOf } from "./sink.ts";

/** The most bytes the summary of a step may have; GitHub drops a larger one completely. */
const mostSummaryBytes = 1024 ** 2;
/** With less room no part of a report fits, and not even a note about what was left out. */
const leastReportBytes = 4096;

/**
 * Within a step of GitHub Actions, adds the report to the step's summary, and prints annotations for a verdict that is
 * not good. Annotations go to standard error, which the runner reads as well, because standard output may be a result
 * file. Elsewhere it does nothing. A summary that is full or can't be written is reported on standard error, and does not
 * change the exit code.
 */
export async function reportToGitHub(
  { githubAnnotations, renderReport }: Pick<typeof Bench, "githubAnnotations" | "renderReport">,
  result: BenchResult,
): Promise<void> {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  for (const line of githubAnnotations(result)) process.stderr.write(`${line}\n`);
  try {
    const taken = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    const mostBytes = mostSummaryBytes - taken;
    if (mostBytes < leastReportBytes) {
      process.stderr.write("The summary of this step is full, so the report is not added to it.\n");
      return;
    }
    await appendFile(file, await renderReport("markdown", result, { mostBytes }));
  } catch (fault) {
    const whatToDo = remedyOf(fault) ?? "Let GITHUB_STEP_SUMMARY name a file in a folder that exists.";
    process.stderr.write(`The summary of this step can't be written: ${messageOf(fault)}. ${whatToDo}\n`);
  }
}
