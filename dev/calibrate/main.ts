/**
 * Shows whether the gate keeps its promises: equal versions pass, more expensive and heavier ones are found. It
 * appends to its file after every run, and continues where it stopped.
 *
 *     node dist/dev/calibrate/main.js [--aa 100] [--slow 60] [--heavy 20] [--output FILE]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseCalibration, type CalibrationRun } from "../../bench/gate/budget/calibration-run.ts";
import { parseResult } from "../../bench/result/read-result.ts";
import { describeEnvironment } from "../../bench/probe/environment.ts";
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
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-calibrate-"));
  const output = join(folder, "result.json");
  const flags = gateProfile(seed);
  const against = ["--against", [process.execPath, ownProgram].map((word) => JSON.stringify(word)).join(" ")];
  const startMs = performance.now();
  try {
    const child = spawn(
      process.execPath,
      [copy.program, "bench", ...flags, ...against, "-o", `json=${output}`],
      { stdio: ["ignore", "ignore", "pipe"], signal, killSignal: "SIGINT" },
    );
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    const closed = new Promise((resolve) => child.once("close", resolve));
    // An abort raises an error before the child has ended, but the child needs its copy until then.
    child.on("error", () => undefined);
    if (child.pid === undefined) await once(child, "spawn");
    await closed;
    if (signal.aborted) return null;
    const text = await readFile(output, "utf8").catch(() => {
      throw new Error(`A gate run ended with exit code ${child.exitCode} and no result. It wrote: ${errors}`);
    });
    const elapsedSeconds = (performance.now() - startMs) / 1000;
    if (child.exitCode === failedRun) throw new Error(`A gate run failed. It wrote: ${errors}`);
    return recordOf(kind, parseResult(text, output), { build, command: flags, elapsedSeconds });
  } finally {
    await rm(folder, { recursive: true, force: true });
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
  tell(fault instanceof Error ? fault.message : String(fault));
  if (flags === undefined) tell(usage);
  process.exitCode = exitCodes.failed;
}
