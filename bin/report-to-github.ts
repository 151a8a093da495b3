import { appendFile, stat } from "node:fs/promises";
import type { BenchResult } from "../bench/index.ts";

/** The size limit of a step's summary; GitHub drops a larger one completely. */
const mostSummaryBytes = 1024 ** 2;
/** With less space than this, not even a note about the omitted report fits. */
const leastReportBytes = 4096;

/**
 * In a step of GitHub Actions, adds the report to the step's summary and prints annotations for a bad verdict;
 * elsewhere it does nothing. Annotations go to standard error, which the runner reads too, because standard output
 * may be a result file. If the summary is full or can't be written, a warning says so, and the exit code stays the
 * same.
 */
export async function reportToGitHub(result: BenchResult): Promise<void> {
  const file = process.env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  const { githubAnnotations, renderReport } = await import("../bench/internal.ts");
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
    const reason = fault instanceof Error ? fault.message : String(fault);
    process.stderr.write(`The summary of this step can't be written: ${reason}.\n`);
  }
}
