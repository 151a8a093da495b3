import { appendFile } from "node:fs/promises";
import { basename } from "node:path";

const mostAttempts = 3;

/**
 * For measurements that are exact unless the host takes the CPU away meanwhile: such a moment breaks one attempt, a
 * defect breaks all of them. Every repetition is noted, so that a build can count and print them.
 */
export async function inOneOfThree(attempt: () => Promise<void>): Promise<void> {
  for (let failed = 0; ; failed += 1) {
    try {
      return await attempt();
    } catch (fault) {
      if (failed + 1 >= mostAttempts) throw fault;
      await noteRepetition(fault);
    }
  }
}

/** Adds a line to the file that `run-tests` reads, or prints it where a test file is run by itself. */
async function noteRepetition(fault: unknown): Promise<void> {
  const [reason = ""] = String(fault).split("\n");
  const line = `${basename(process.argv[1] ?? "")}: ${reason}\n`;
  const notes = process.env["REPEATED_ATTEMPTS"];
  if (notes === undefined) process.stderr.write(`--- repeated: ${line}`);
  else await appendFile(notes, line);
}
