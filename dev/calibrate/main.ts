/**
 * Shows whether the gate keeps its promises: equal versions pass, more expensive and heavier ones are found. It
 * appends to its file after every run, and continues where it stopped.
 *
 *     node dist/dev/calibrate/main.js [--aa 100] [--slow 60] [--heavy 20] [--output FILE]
 */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseCalibration, type CalibrationRun } from "../../bench/gate/budget/calibration-run.ts";
import { describeEnvironment } from "../../bench/probe/describe-environment.ts";
import { spawnBench } from "../spawn-bench.ts";
import { recordOf } from "./calibration-record.ts";
import {
  handicaps,
  gateProfile,
  remainingRuns,
  type CalibrationKind,
  type WantedRuns,
} from "./calibration-plan.ts";
import { summarize } from "./calibration-summary.ts";
import { buildDigest } from "./build-digest.ts";
import { copyVersion } from "./version-copy.ts";
import { messageOf } from "../../src/ground.ts";

const usage =
  "Usage: npm run calibrate -- [--aa <count>] [--slow <count>] [--heavy <count>] [--output <file>]\n";
const defaultFile = fileURLToPath(new URL("../../../fixtures/calibration/gate.jsonl", import.meta.url));
const ownProgram = fileURLToPath(new URL("../../bin/stream-csv.js", import.meta.url));
/** The exit code of a gate run that failed to measure, unlike one with a bad verdict. */
const failedRun = 1;
const exitCodes = { kept: 0, failed: 1, broken: 4, interrupted: 130 } as const;

interface Flags {
  readonly wanted: WantedRuns;
  readonly file: string;
}

async function main({ wanted, file }: Flags, signal: AbortSignal): Promise<number> {
  const environment = await describeEnvironment();
  const { fingerprint } = environment;
  await mkdir(dirname(file), { recursive: true });
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  const done: CalibrationRun[] = [...parseCalibration(text, file)];
  // A partial last line, from an interruption, is ignored and removed before the next append.
  if (text !== "" && !text.endsWith("\n")) await writeFile(file, text.slice(0, text.lastIndexOf("\n") + 1));
  const build = await buildDigest();
  const remaining = remainingRuns(wanted, done, { fingerprint, build });
  for (const [index, kind] of remaining.entries()) {
    if (signal.aborted) break;
    if ((await buildDigest()) !== build) {
      throw new Error(
        "It was built anew meanwhile. What was measured is kept; begin again for the new build.",
      );
    }
    const run = await measureOne({ kind, build, seed: done.length + 1 }, signal);
    if (run === null) break;
    done.push(run);
    await appendFile(file, `${JSON.stringify(run)}\n`);
    tell(
      `${index + 1} of ${remaining.length}, ${kind}: ${run.verdict} in ${Math.round(run.elapsedSeconds)} s`,
    );
  }
  const { sentences, isKept } = summarize(done, environment);
  process.stdout.write(`${sentences.join("\n")}\n`);
  if (signal.aborted) return exitCodes.interrupted;
  return isKept ? exitCodes.kept : exitCodes.broken;
}

/** One gate run of a copy with its handicap against this version; null if it was interrupted. */
async function measureOne(
  { kind, build, seed }: { readonly kind: CalibrationKind; readonly build: string; readonly seed: number },
  signal: AbortSignal,
): Promise<CalibrationRun | null> {
  const copy = await copyVersion(handicaps[kind]);
  const flags = gateProfile(seed);
  const against = ["--against", [process.execPath, ownProgram].map((word) => JSON.stringify(word)).join(" ")];
  const startMs = performance.now();
  try {
    const { exitCode, errors, result } = await spawnBench(copy.program, [...flags, ...against], { signal });
    if (signal.aborted) return null;
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    if (exitCode === failedRun) throw new Error(`A gate run failed. It wrote: ${errors}`);
    if (result === null)
      throw new Error(`A gate run ended with exit code ${exitCode} and no result. It wrote: ${errors}`);
    return recordOf(kind, result, { build, command: flags, elapsedSeconds });
  } finally {
    await copy.remove();
  }
}

function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      aa: { type: "string", default: "100" },
      slow: { type: "string", default: "60" },
      heavy: { type: "string", default: "20" },
      output: { type: "string", default: defaultFile },
    },
  });
  const wanted = {
    aa: count("aa", values.aa),
    slow: count("slow", values.slow),
    heavy: count("heavy", values.heavy),
  };
  return { wanted, file: values.output };
}

function count(name: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new TypeError(`--${name} "${text}" is not a whole number. Use 0 or more.`);
}

function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

const interruption = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interruption.abort());
let flags: Flags | undefined;
try {
  flags = readFlags(process.argv.slice(2));
  process.exitCode = await main(flags, interruption.signal);
} catch (fault) {
  tell(messageOf(fault));
  if (flags === undefined) tell(usage);
  process.exitCode = exitCodes.failed;
}
