import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseResult } from "../../bench/result/read-result.ts";
import type { BenchResult } from "../../bench/index.ts";
import { copyVersion } from "../../dev/calibrate/version-copy.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { cliPath, isMachineTaken, startProgram, type Ended } from "../harness/cli.ts";

const budgetShare = 0.5;
/** So far over the budget that no variation of the host can hide it. */
const burden = { EXTRA_CPU_SHARE: "1" };
const rows = 5_000;

test(
  "a version whose streams cost twice the CPU time ends with 2, confirmed and with the reason",
  { skip: !hasProcFiles },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
    const copy = await copyVersion("slower-streams");
    try {
      const file = join(folder, "dear.json");
      const budget = `streaming.cpu_s_per_mib=${budgetShare * 100}%`;
      const flags = [
        "--quick",
        "--deliveries",
        "streaming",
        "--rows",
        String(rows),
        "--rounds",
        "5",
        "--seed",
        "1",
        "--budget",
        budget,
      ];
      const against = ["--against", `"${process.execPath}" "${cliPath}"`];
      const args = [copy.program, "bench", ...flags, ...against, "-o", `json=${file}`];
      const ended = await startProgram(args, { env: burden }).ended;
      const result = parseResult(await readFile(file, "utf8"), file);
      const open = whyOpen(result, ended);
      if (open !== null) return t.skip(open);
      assert.equal(ended.exitCode, 2, ended.stdout + ended.stderr);
      assert.equal(result.exitCode, 2);
      assert.match(ended.stdout, /Regression: 1 of 3 comparisons is over budget\./);
      assert.match(
        ended.stdout.replaceAll(/\s+/g, " "),
        /streaming cpu_s_per_mib changed by \+\d+ % \(\+\d+ % to \+\d+ %\): wholly over its budget of 50 %\. A first batch of rounds showed it too\./,
      );
      assert.equal(result.rounds.filter(({ valid }) => valid).length, 10);
    } finally {
      await copy.remove();
      await rm(folder, { recursive: true });
    }
  },
);

/**
 * Why a run was correctly undecided, in its own words: other programs disturbed a round twice, or the interval of the
 * change includes the budget. Null if it had everything to decide.
 */
function whyOpen({ verdict, comparisons }: BenchResult, { stdout, stderr }: Ended): string | null {
  if (verdict === "invalid" && isMachineTaken(stderr)) return stderr;
  const [low, high] = comparisons.find(({ metric }) => metric === "cpu_s_per_mib")?.ci ?? [];
  const limit = 1 + budgetShare;
  const isOpen = typeof low === "number" && typeof high === "number" && low <= limit && high >= limit;
  return verdict === "inconclusive" && isOpen ? stdout : null;
}
