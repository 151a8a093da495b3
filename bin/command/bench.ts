import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type * as bench from "../../bench/internal.ts";
import type { BenchResult, CalibrationRun, NamedBaseline } from "../../bench/index.ts";
import { addBenchFlags, benchConfigOf, type BenchFlags } from "../bench-flags.ts";
import { progressView, type ProgressView } from "../bench-progress.ts";
import { explain } from "../explain.ts";
import { reportToGitHub } from "../report-to-github.ts";
import { toolIdentity } from "../tool-identity.ts";
import { wantsColor } from "../option.ts";
import { requireWritable, writeOutputs, writeTextFile, type Output } from "../output.ts";
import { referenceDigest } from "../reference-digest.ts";
import { endingSignals, signalExitCodes, type EndingSignal } from "../signal.ts";
import { isClosedPipe, standardOutput } from "../sink.ts";

type Bench = typeof bench;

const cliPath = fileURLToPath(new URL("../stream-csv.js", import.meta.url));
const calibrationFile = fileURLToPath(new URL("../../../fixtures/calibration/gate.jsonl", import.meta.url));

/** `stream-csv bench`: measures streaming against buffered and file delivery, and one version against another. */
export function benchCommand(): Command {
  return addBenchFlags(new Command("bench"))
    .description("Measure streaming against buffered and file delivery, on servers of its own.")
    .addHelpText("after", moreHelp)
    .action(async (_flags, self: Command) => {
      const flags = self.optsWithGlobals<BenchFlags>();
      // Loaded only now: the load generator would make every other command start noticeably later.
      const loaded = await import("../../bench/internal.ts");
      process.exitCode = flags.list === true ? await listScenarios(loaded) : await measure(loaded, flags);
    });
}

const moreHelp = `
Targets:
  NAME=URL               a server that runs already; its memory and CPU time are not known
  NAME=COMMAND           started by the shell, and asked at http://127.0.0.1:{port}/
  NAME=COMMAND @ URL     started by the shell, and asked at URL
  {port} is a free port, {rows} the rows of an export; both can be used in COMMAND and URL.
  stream-csv bench --target 'go=PORT={port} ./orders @ http://127.0.0.1:{port}/orders.csv?rows={rows}'

Another version:
  git:REF                a commit, tag or branch of the repository you are in: checked out in a temporary folder, and built
  COMMAND                starts another stream-csv; "serve" and its flags are added
  stream-csv bench --quick --against git:main --budget streaming.cpu_s_per_mib=5%
  stream-csv bench --quick --against 'node ../old/dist/bin/stream-csv.js'

Exit codes:
  0 good  1 usage or tool error  2 regression  3 can't be decided, with --strict  4 invalid  130 interrupted
  (129 by SIGHUP, 143 by SIGTERM)
`;

async function listScenarios({ scenarios }: Pick<Bench, "scenarios">): Promise<number> {
  const widest = Math.max(...scenarios.map(({ name }) => name.length));
  const lineOf = ({ name, summary, isDefault }: Bench["scenarios"][number]): string =>
    `${isDefault ? "*" : " "} ${name.padEnd(widest)}  ${summary}\n`;
  const text = `${scenarios.map(lineOf).join("")}* measured when no scenario is named\n`;
  await writeTextFile(standardOutput, text).catch((fault: unknown) => {
    if (!isClosedPipe(fault)) throw fault;
  });
  return 0;
}

/** Runs the bench and reports what it found; returns the exit code. */
async function measure(loaded: Bench, flags: BenchFlags): Promise<number> {
  const kept = flags.saveBaseline === undefined ? [] : [{ file: flags.saveBaseline }];
  await requireWritable([...flags.output, ...kept]);
  const interruption = new Interruption();
  const progress = progressView(flags);
  try {
    return await measureAndReport(loaded, flags, { interruption, progress });
  } catch (fault) {
    progress.stop();
    if (!(fault instanceof RangeError)) throw fault;
    process.stderr.write(`error: ${fault.message}\n`);
    return 1;
  } finally {
    interruption.stop();
  }
}

async function measureAndReport(
  loaded: Bench,
  flags: BenchFlags,
  { interruption, progress }: { readonly interruption: Interruption; readonly progress: ProgressView },
): Promise<number> {
  const { runBench, renderReport, plainLines } = loaded;
  const baseline = await readBaseline(loaded, flags.baseline);
  const { result, fault } = await runBench(benchConfigOf(flags, baseline), {
    cli: [process.execPath, cliPath],
    tool: toolIdentity(),
    folder: process.cwd(),
    calibration: await readCalibration(loaded),
    makeReference: referenceDigest,
    signal: interruption.signal,
    onProgress: (now) => progress.show(now),
  });
  progress.stop();
  // A signal may come after everything was measured; the result then still says that the run was interrupted.
  const { exitCode } = interruption;
  const reported: BenchResult = exitCode === null ? result : { ...result, exitCode, complete: false };
  const look = { hasColor: wantsColor(flags, process.stdout), columns: process.stdout.columns };
  try {
    // A run that failed before its first round has nothing to report but its error, which is printed below.
    const isEmpty = fault !== null && reported.rounds.length === 0;
    await writeOutputs(isEmpty ? flags.output : withReport(flags.output), (format) =>
      renderReport(format, reported, look),
    );
  } finally {
    await reportToGitHub(loaded, reported);
  }
  if (exitCode !== null) return exitCode;
  if (flags.saveBaseline !== undefined) await saveBaseline(loaded, flags.saveBaseline, reported);
  if (fault !== null) process.stderr.write(plainLines(`error: ${explain(fault, flags.logLevel)}\n`));
  return reported.exitCode;
}

/** Ends a run at the first signal, and this process at the second. */
class Interruption {
  /** The exit code for the signal that came; null without one. */
  exitCode: number | null = null;
  readonly #controller = new AbortController();
  readonly #interrupt = (signal: EndingSignal): void => {
    // A second signal does not wait: this process exits, which ends the servers at once.
    if (this.signal.aborted) process.exit(signalExitCodes[signal]);
    this.exitCode = signalExitCodes[signal];
    this.#controller.abort(new Error(`interrupted by ${signal}`));
  };

  constructor() {
    for (const signal of endingSignals) process.on(signal, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening for signals. */
  stop(): void {
    for (const signal of endingSignals) process.off(signal, this.#interrupt);
  }
}

/** Adds the report for a person on standard output, unless another output goes there. */
function withReport(outputs: readonly Output[]): readonly Output[] {
  const isTaken = outputs.some(({ file }) => file === standardOutput);
  return isTaken ? outputs : [...outputs, { format: "text", file: standardOutput }];
}

async function readBaseline(
  { parseBaseline }: Pick<Bench, "parseBaseline">,
  file: string | undefined,
): Promise<NamedBaseline | null> {
  if (file === undefined) return null;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The baseline "${file}" can't be read: ${reason}. Write one with --save-baseline.`, {
      cause,
    });
  });
  return { name: basename(file), content: parseBaseline(text, file) };
}

/** Saves the run as a baseline, unless it failed: later runs would be compared with its faults. */
async function saveBaseline(
  { baselineOf }: Pick<Bench, "baselineOf">,
  file: string,
  result: BenchResult,
): Promise<void> {
  if (result.exitCode !== 0) {
    process.stderr.write(
      `"${file}" was not written: a run that ends with ${result.exitCode} is not kept as a baseline.\n`,
    );
    return;
  }
  await writeTextFile(file, `${JSON.stringify(baselineOf(result), null, 2)}\n`);
}

/** The calibration runs that come with the package, from which the noise of machines is known. */
async function readCalibration({
  parseCalibration,
}: Pick<Bench, "parseCalibration">): Promise<readonly CalibrationRun[]> {
  const text = existsSync(calibrationFile) ? await readFile(calibrationFile, "utf8") : "";
  return parseCalibration(text, calibrationFile);
}
