import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type { BenchResult, CalibrationRun, NamedBaseline } from "../../bench/index.ts";
import { addBenchFlags, benchConfigOf, type BenchFlags } from "../bench-flags.ts";
import { progressView } from "../bench-progress.ts";
import { addConfigFile } from "../config-file.ts";
import { explain } from "../explain.ts";
import { reportToGitHub } from "../report-to-github.ts";
import { toolIdentity } from "../tool-identity.ts";
import { wantsColor } from "../option.ts";
import { requireWritable, writeOutputs, writeTextFile, type Output } from "../output.ts";
import { referenceDigest } from "../reference-digest.ts";
import { endingSignals, signalExitCodes, type EndingSignal } from "../signal.ts";
import { isClosedPipe, standardOutput } from "../sink.ts";

const cliPath = fileURLToPath(new URL("../stream-csv.js", import.meta.url));
const calibrationFile = fileURLToPath(new URL("../../../fixtures/calibration/gate.jsonl", import.meta.url));

/** `stream-csv bench`: measures streaming against buffered and file delivery, and one version against another. */
export function benchCommand(): Command {
  const command = addBenchFlags(new Command("bench"))
    .description("Measure streaming against buffered and file delivery, on servers of its own.")
    .addHelpText("after", moreHelp)
    .action(async (_flags, self: Command) => {
      process.exitCode = await bench(self.optsWithGlobals<BenchFlags>());
    });
  return addConfigFile(command);
}

const moreHelp = `
Targets:
  NAME=URL               a server that runs already; memory and CPU time aren't known
  NAME=COMMAND           started by the shell, and asked at http://127.0.0.1:{port}/
  NAME=COMMAND @ URL     asked there instead
  {port} is a free port, {rows} the rows of an export; both can stand in COMMAND and URL.
  stream-csv bench --target 'go=PORT={port} ./orders @ http://127.0.0.1:{port}/orders.csv?rows={rows}'

Another version:
  git:REF                a commit, tag or branch of the repository you are in: checked out aside, and built
  COMMAND                starts another stream-csv; "serve" and its flags are added
  stream-csv bench --quick --against git:main --budget streaming.cpu_s_per_mib=5%
  stream-csv bench --quick --against 'node ../old/dist/bin/stream-csv.js'

Exit codes:
  0 good  1 usage or tool error  2 regression  3 can't be decided, with --strict  4 invalid  130 interrupted
  (129 by SIGHUP, 143 by SIGTERM)
`;

/** Runs the bench and tells what it found; gives the exit code. */
async function bench(flags: BenchFlags): Promise<number> {
  // Loaded only now: the load generator would make every other command start noticeably later.
  const { plainLines, renderReport, scenarios } = await import("../../bench/internal.ts");
  const { runBench } = await import("../../bench/index.ts");
  if (flags.list === true) {
    const widest = Math.max(...scenarios.map(({ name }) => name.length));
    const lines = scenarios.map(
      ({ name, summary, isDefault }) => `${isDefault ? "*" : " "} ${name.padEnd(widest)}  ${summary}\n`,
    );
    const text = `${lines.join("")}* measured when no scenario is named\n`;
    await writeTextFile(standardOutput, text).catch((fault: unknown) => {
      if (!isClosedPipe(fault)) throw fault;
    });
    return 0;
  }
  const kept = flags.saveBaseline === undefined ? [] : [{ file: flags.saveBaseline }];
  await requireWritable([...flags.output, ...kept]);
  const interruption = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: EndingSignal): void => {
    // A second signal doesn't wait: leaving ends the servers at once.
    if (interruption.signal.aborted) process.exit(signalExitCodes[signal]);
    exitCode = signalExitCodes[signal];
    interruption.abort(new Error(`interrupted by ${signal}`));
  };
  for (const signal of endingSignals) process.on(signal, interrupt);
  const progress = progressView(flags);
  try {
    const baseline = await readBaseline(flags.baseline);
    const { result, fault } = await runBench(benchConfigOf(flags, baseline), {
      cli: [process.execPath, cliPath],
      tool: toolIdentity(),
      folder: process.cwd(),
      calibration: await readCalibration(),
      makeReference: referenceDigest,
      signal: interruption.signal,
      onProgress: (now) => progress.show(now),
    });
    progress.stop();
    // A signal may come when all was measured, and nobody knows whether it was meant to stop that.
    const told: BenchResult = exitCode === undefined ? result : { ...result, exitCode, complete: false };
    const look = { hasColor: wantsColor(flags, process.stdout), columns: process.stdout.columns };
    try {
      // A run that failed before its first round has nothing to report but its error, which is told below.
      const isEmpty = fault !== null && told.rounds.length === 0;
      await writeOutputs(isEmpty ? flags.output : withReport(flags.output), (format) =>
        renderReport(format, told, look),
      );
    } finally {
      await reportToGitHub(told);
    }
    if (exitCode !== undefined) return exitCode;
    if (flags.saveBaseline !== undefined) await saveBaseline(flags.saveBaseline, told);
    if (fault !== null) process.stderr.write(plainLines(`error: ${explain(fault, flags.logLevel)}\n`));
    return told.exitCode;
  } catch (fault) {
    progress.stop();
    if (!(fault instanceof RangeError)) throw fault;
    process.stderr.write(`error: ${fault.message}\n`);
    return 1;
  } finally {
    for (const signal of endingSignals) process.off(signal, interrupt);
  }
}

/** The report for a person goes to standard output, unless that is to hold something else. */
function withReport(outputs: readonly Output[]): readonly Output[] {
  const isTaken = outputs.some(({ file }) => file === standardOutput);
  return isTaken ? outputs : [...outputs, { format: "text", file: standardOutput }];
}

async function readBaseline(file: string | undefined): Promise<NamedBaseline | null> {
  if (file === undefined) return null;
  const { parseBaseline } = await import("../../bench/internal.ts");
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The baseline "${file}" can't be read: ${reason}. --save-baseline writes one.`, {
      cause,
    });
  });
  return { name: basename(file), content: parseBaseline(text, file) };
}

/** A run that fails isn't kept: whatever came after would be held against what it did wrong. */
async function saveBaseline(file: string, result: BenchResult): Promise<void> {
  if (result.exitCode !== 0) {
    process.stderr.write(
      `"${file}" wasn't written: a run that ends with ${result.exitCode} is not kept as a baseline.\n`,
    );
    return;
  }
  const { baselineOf } = await import("../../bench/internal.ts");
  await writeTextFile(file, `${JSON.stringify(baselineOf(result), null, 2)}\n`);
}

/** What is known of the noise of machines; a package may come without it. */
async function readCalibration(): Promise<readonly CalibrationRun[]> {
  const { parseCalibration } = await import("../../bench/internal.ts");
  const text = existsSync(calibrationFile) ? await readFile(calibrationFile, "utf8") : "";
  return parseCalibration(text, calibrationFile);
}
