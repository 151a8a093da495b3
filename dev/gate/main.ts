/**
 * Checks this project's promises: facts that hold on any machine and, if there is a previous commit, the cost of a
 * streamed export compared with it. It fails for a broken fact or a regression. A machine that is too noisy to decide
 * is reported, and fails only with --strict.
 *
 *     node dist/dev/gate/main.js [--strict] [--against REF]
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BenchResult } from "../../bench/result/result.ts";
import { runTool } from "../../bench/subject/process/run-tool.ts";
import { spawnBench } from "../spawn-bench.ts";
import { costOf, factsOf, type Finding } from "./facts.ts";
import { firstByteFault } from "./first-byte.ts";
import { messageOf, withinTime } from "../../src/ground.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const program = join(root, "dist", "bin", "stream-csv.js");
const usage = "Usage: npm run gate -- [--strict] [--against <ref>]\n";
/**
 * The time limit of the whole program, so that a pipeline gets an answer; anything unfinished then is reported as
 * unknown.
 */
const longestMs = 240_000;

const usualRef = "HEAD~1";
const interrupted = 130;

const factFlags = "--quick --no-progress --seed 1 --scenario scaling --deliveries streaming,buffered,file";
const costFlags =
  "--quick --no-progress --deliveries streaming --rows 100000 --budget streaming.cpu_s_per_mib=5%";

async function main(
  flags: { readonly strict: boolean; readonly against: string },
  signal: AbortSignal,
): Promise<number> {
  const fault = await firstByteFault();
  tell({
    isBad: fault !== null,
    sentences: [fault ?? "The first row of a stream is sent before the second exists."],
  });
  const facts = await bench(factFlags.split(" "), signal);
  const factual = factsOf(facts);
  tell(factual);
  const isThere = await runTool(["git", "rev-parse", "--verify", "--quiet", `${flags.against}^{commit}`], {
    cwd: root,
    signal: new AbortController().signal,
  });
  if (!isThere.isGood) {
    // The first commit has no previous one; with --against or --strict that is a failure.
    const isBad = flags.strict || flags.against !== usualRef;
    tell({ isBad, sentences: [`There is no ${flags.against} here, so nothing is said of the cost.`] });
    if (fault !== null || factual.isBad) return 2;
    return isBad ? 1 : 0;
  }
  const strict = flags.strict ? ["--strict"] : [];
  const compared = await bench(
    [...costFlags.split(" "), "--against", `git:${flags.against}`, ...strict],
    signal,
  );
  const cost = costOf(compared);
  tell(cost);
  if (fault !== null || factual.isBad || cost.isBad) return 2;
  return flags.strict ? compared.exitCode : 0;
}

async function bench(flags: readonly string[], signal: AbortSignal): Promise<BenchResult> {
  const { exitCode, errors, result } = await spawnBench(program, flags, { signal, cwd: root });
  if (result === null)
    throw new Error(`bench ended with exit code ${exitCode} and no result. It wrote: ${errors}`);
  return result;
}

function tell({ isBad, sentences }: Finding): void {
  for (const sentence of sentences) process.stdout.write(`${isBad ? "FAILED" : "  "} ${sentence}\n`);
}

const interruption = new AbortController();
for (const name of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
try {
  const { values } = parseArgs({
    options: { strict: { type: "boolean", default: false }, against: { type: "string", default: usualRef } },
  });
  const exitCode = await withinTime(longestMs, interruption.signal, (signal) => main(values, signal));
  process.exitCode = interruption.signal.aborted ? interrupted : exitCode;
} catch (fault) {
  process.stderr.write(`${messageOf(fault)}\n${usage}`);
  process.exitCode = interruption.signal.aborted ? interrupted : 1;
}
