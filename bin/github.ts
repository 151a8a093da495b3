import { appendFile, stat } from "node:fs/promises";
import type { BenchResult } from "../bench/index.ts";

/** The most a step's summary may have; GitHub drops one that is larger as a whole. */
const mostSummaryBytes = 1024 ** 2;
/** Below this no part of a report fits, and what was left out couldn't be said either. */
const leastReportBytes = 4096;

/**
 * Within a step of GitHub Actions, adds the report to the step's summary and prints annotations for a verdict that isn't
 * good. Annotations go to standard error, which the runner reads as well: standard output may be a result file.
 * Elsewhere does nothing. A summary that is full or can't be written is told, and doesn't change the run's end.
 */
export async function tellGitHub(result: BenchResult): Promise<void> {
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
      process.stderr.write("The summary of this step is full, so the report isn't added to it.\n");
      return;
    }
    await appendFile(file, await renderReport("markdown", result, { mostBytes }));
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    process.stderr.write(`The summary of this step can't be written: ${reason}.\n`);
  }
}
