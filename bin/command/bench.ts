import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import type * as bench from "../../bench/internal.ts";
import type { BenchResult, CalibrationRun, NamedBaseline } from "../../bench/index.ts";
import { addBenchFlags, benchConfigOf, type BenchFlags } from "../bench-flags.ts";
import { benchHelp } from "../bench-help.ts";
import { progressView, type ProgressView } from "../bench-progress.ts";
import { explain } from "../explain.ts";
import { reportToGitHub } from "../report-to-github.ts";
import { toolIdentity } from "../tool-identity.ts";
import { wantsColor } from "../option.ts";
import { printText, requireWritable, writeOutputs, writeTextFile, type Output } from "../output.ts";
import { referenceDigest } from "../reference-digest.ts";
import { withoutSecretValues } from "../secret-values.ts";
import { SignalInterruption } from "../signal-interruption.ts";
import { standardOutput } from "../sink.ts";
import { messageOf } from "../../src/ground.ts";

type Bench = typeof bench;

const cliPath = fileURLToPath(import.meta.resolve("#program"));
const calibrationFile = fileURLToPath(import.meta.resolve("#calibration"));

/** `stream-csv bench`: measures streaming against buffered and file delivery, and one version against another. */
export function benchCommand(): Command {
  return addBenchFlags(new Command("bench"))
    .description("Measure streaming against buffered and file delivery, or any other server, and gate them.")
    .addHelpText("after", benchHelp)
    .action(async (_flags, self: Command) => {
      const flags = chosenTargets(self, self.optsWithGlobals<BenchFlags>());
      // Loaded only now: the load generator would make every other command start noticeably later.
      const loaded = await import("../../bench/internal.ts");
      requireOwnServer(self, flags);
      process.exitCode = flags.list === true ? await listScenarios(loaded) : await measure(loaded, flags);
    });
}

/** Flags win over the configuration: where the command line names targets, those of the file aren't measured. */
function chosenTargets(command: Command, { targets = [], ...flags }: BenchFlags): BenchFlags {
  const isReplaced = targets.length === 0 || command.getOptionValueSource("target") === "cli";
  return isReplaced ? flags : { ...flags, targets };
}

/** @throws Error when an export of our own server is named, and that isn't measured */
function requireOwnServer(
  command: Command,
  { target = [], targets, deliveries, export: name }: BenchFlags,
): void {
  const isNamed = command.getOptionValueSource("export") === "cli";
  const hasTargets = target.length > 0 || targets !== undefined;
  if (!isNamed || !hasTargets || deliveries !== undefined) return;
  throw new Error(
    `--export ${name} names rows of our own server, which isn't measured with --target: add --deliveries streaming,buffered, or leave it out.`,
  );
}

async function listScenarios({ scenarios }: Pick<Bench, "scenarios">): Promise<number> {
  const widest = Math.max(...scenarios.map(({ name }) => name.length));
  const lineOf = ({ name, summary, isDefault }: Bench["scenarios"][number]): string =>
    `${isDefault ? "*" : " "} ${name.padEnd(widest)}  ${summary}\n`;
  await printText(`${scenarios.map(lineOf).join("")}* measured when no scenario is named\n`);
  return 0;
}

/** Runs the bench and reports what it found; returns the exit code. */
async function measure(loaded: Bench, flags: BenchFlags): Promise<number> {
  const kept = flags.saveBaseline === undefined ? [] : [{ file: flags.saveBaseline }];
  await requireWritable([...flags.output, ...kept]);
  const interruption = new SignalInterruption();
  const progress = await progressView(flags);
  try {
    return await measureAndReport(loaded, flags, { interruption, progress });
  } catch (fault) {
    progress.stop();
    throw fault;
  } finally {
    interruption.stop();
  }
}

async function measureAndReport(
  loaded: Bench,
  flags: BenchFlags,
  { interruption, progress }: { readonly interruption: SignalInterruption; readonly progress: ProgressView },
): Promise<number> {
  const { runBench, renderReport, plainLines, withQuotes } = loaded;
  const baseline = await readBaseline(loaded, flags);
  const isFirstBaseline = flags.baseline !== undefined && baseline === null;
  if (isFirstBaseline) {
    tell(`There is no baseline "${flags.baseline}" yet: nothing is compared, and this run is saved as it.\n`);
  }
  const { result: whole, fault } = await runBench(benchConfigOf(flags, { baseline, isFirstBaseline }), {
    cli: [process.execPath, cliPath],
    tool: toolIdentity(),
    folder: process.cwd(),
    calibration: await readCalibration(loaded),
    makeReference: referenceDigest(flags),
    signal: interruption.signal,
    onProgress: (now) => progress.show(now),
    onNotice: (text) => progress.tell(text),
  });
  progress.stop();
  const result = withQuotes(whole, withoutSecretValues);
  // A signal may come after everything was measured; the result then still says that the run was interrupted.
  const { exitCode } = interruption;
  const reported: BenchResult = exitCode === null ? result : { ...result, exitCode, complete: false };
  const look = { hasColor: wantsColor(flags, process.stdout), columns: process.stdout.columns };
  try {
    // A run that failed before its first round has nothing to report but its error, which is printed below.
    const isEmpty = fault !== null && reported.rounds.length === 0;
    await writeOutputs(isEmpty ? flags.output : withReport(flags.output), (format, file) => {
      // A file is read without standard error, where the error is printed below.
      const isErrorReported = fault !== null && exitCode === null && file === standardOutput;
      return renderReport(format, reported, { ...look, isErrorReported });
    });
  } finally {
    await reportToGitHub(loaded, reported);
  }
  if (exitCode !== null) return exitCode;
  if (flags.saveBaseline !== undefined) {
    const isKept = baseline !== null && isSameFile(flags.baseline, flags.saveBaseline);
    await saveBaseline(loaded, { file: flags.saveBaseline, isKept }, reported);
  }
  if (fault !== null)
    process.stderr.write(plainLines(`error: ${withoutSecretValues(explain(fault, flags.logLevel))}\n`));
  return reported.exitCode;
}

/** Adds the report for a person on standard output, unless another output goes there. */
function withReport(outputs: readonly Output[]): readonly Output[] {
  const isTaken = outputs.some(({ file }) => file === standardOutput);
  return isTaken ? outputs : [...outputs, { format: "text", file: standardOutput }];
}

/**
 * The baseline to compare with; null without one, and in the first of runs that compare with the file they save.
 * @throws Error that says how to make one
 */
async function readBaseline(
  { parseBaseline }: Pick<Bench, "parseBaseline">,
  { baseline: file, saveBaseline: kept }: Pick<BenchFlags, "baseline" | "saveBaseline">,
): Promise<NamedBaseline | null> {
  if (file === undefined) return null;
  if (isSameFile(file, kept) && !existsSync(file)) return null;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const reason = messageOf(cause);
    throw new Error(`The baseline "${file}" can't be read: ${reason}. Write one with --save-baseline.`, {
      cause,
    });
  });
  return { name: basename(file), content: parseBaseline(text, file) };
}

function isSameFile(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && resolve(one) === resolve(other);
}

/**
 * Saves the run as a baseline, unless it failed or was undecided: later runs would be compared with its faults. A baseline
 * that this run was compared with stays: replaced by every run that keeps its budgets, it would allow a little more each
 * time.
 */
async function saveBaseline(
  { baselineOf }: Pick<Bench, "baselineOf">,
  { file, isKept }: { readonly file: string; readonly isKept: boolean },
  result: BenchResult,
): Promise<void> {
  const { exitCode, verdict } = result;
  if (exitCode !== 0 || verdict === "inconclusive") {
    const why = exitCode === 0 ? "is undecided" : `ends with ${exitCode}`;
    tell(`"${file}" was not written: a run that ${why} is not kept as a baseline.\n`);
    return;
  }
  if (isKept) {
    tell(
      `"${file}" was kept: it is what this run was compared with. To begin anew, remove it, or save under another name.\n`,
    );
    return;
  }
  await writeTextFile(file, `${JSON.stringify(baselineOf(result), null, 2)}\n`);
}

function tell(text: string): void {
  process.stderr.write(text);
}

/** The calibration runs that come with the package, from which the noise of machines is known. */
async function readCalibration({
  parseCalibration,
}: Pick<Bench, "parseCalibration">): Promise<readonly CalibrationRun[]> {
  const text = existsSync(calibrationFile) ? await readFile(calibrationFile, "utf8") : "";
  return parseCalibration(text, calibrationFile);
}
