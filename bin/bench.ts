import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Bar, Presets } from "cli-progress";
import { Command, Option } from "commander";
import { object, parse, string } from "valibot";
import type { BenchConfig, BenchProgress, BenchResult } from "../bench/index.ts";
import { parseCount } from "../src/index.ts";
import { tellGitHub } from "./github.ts";
import { flagParser, wantsColor, type GlobalFlags } from "./option.ts";
import { outputOption, requireWritable, writeOutputs, type Output } from "./output.ts";
import { standardOutput } from "./sink.ts";

/** What the command line says, global options among it. */
interface BenchFlags extends GlobalFlags {
  readonly export: string;
  readonly rows?: number;
  readonly rounds?: number;
  readonly seed?: number;
  readonly scenario?: readonly string[];
  readonly list?: boolean;
  readonly deliveries: readonly string[];
  readonly workers: number;
  readonly slots: number;
  readonly output: readonly Output[];
  readonly quick?: boolean;
}

const cliPath = fileURLToPath(new URL("./stream-csv.js", import.meta.url));
const signalExitCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/** `stream-csv bench`: measures streaming against buffered and file delivery. */
export function benchCommand(): Command {
  const count = flagParser(parseCount);
  return new Command("bench")
    .description("Measure streaming against buffered and file delivery, on servers of its own.")
    .option("--export <name|file>", "the export to measure: a name that serve knows, or a file", "orders")
    .option("--rows <n>", "rows of a timed export (default: as many as stream in about a second)", count)
    .option("--rounds <n>", "times every arm is measured (default: 12, with --quick 8)", count)
    .option("--seed <n>", "decides the order of the arms (default: drawn, and recorded)", count)
    .addOption(
      new Option(
        "--scenario <name>",
        "what to measure; can be repeated (default: those that --list marks)",
      ).argParser(collect),
    )
    .option("--list", "list the scenarios and end")
    .addOption(
      new Option("--deliveries <names>", "deliveries to compare, separated by commas")
        .argParser(list)
        .default(["streaming", "buffered", "file"], "all three"),
    )
    .option("--workers <n>", "worker processes of the server", count, 1)
    .option("--slots <n>", "exports a worker takes at once", count, 32)
    .addOption(outputOption())
    .option("--quick", "fewer and shorter rounds: at most a minute on two cores")
    .action(async (_flags, command: Command) => {
      process.exitCode = await bench(command.optsWithGlobals<BenchFlags>());
    });
}

/** Runs the bench and tells what it found; gives the exit code. */
async function bench(flags: BenchFlags): Promise<number> {
  // Loaded only now: the load generator would make every other command start noticeably later.
  const { renderReport, runBench, scenarios } = await import("../bench/index.ts");
  if (flags.list === true) {
    const widest = Math.max(...scenarios.map(({ name }) => name.length));
    for (const { name, summary, isDefault } of scenarios) {
      process.stdout.write(`${isDefault ? "*" : " "} ${name.padEnd(widest)}  ${summary}\n`);
    }
    process.stdout.write("* measured when no scenario is named\n");
    return 0;
  }
  await requireWritable(flags.output);
  // Nobody may be left to read the report (`| head`); the result files matter more.
  process.stdout.on("error", () => undefined);
  const interruption = new AbortController();
  let exitCode: number | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    // A second signal doesn't wait: leaving ends the servers at once.
    if (interruption.signal.aborted) process.exit(signalExitCodes[signal]);
    exitCode = signalExitCodes[signal];
    interruption.abort(new Error(`interrupted by ${signal}`));
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const progress = progressBar(flags);
  try {
    const { result, fault } = await runBench(configOf(flags), {
      cli: [process.execPath, cliPath],
      tool: toolIdentity(),
      signal: interruption.signal,
      onProgress: progress.show,
    });
    progress.stop();
    const told: BenchResult = exitCode === undefined ? result : { ...result, exitCode };
    const hasColor = wantsColor(flags, process.stdout);
    try {
      await writeOutputs(withReport(flags.output), (format) => renderReport(format, told, { hasColor }));
    } finally {
      await tellGitHub(told);
    }
    if (fault !== null && exitCode === undefined) process.stderr.write(`${fault.message}\n${hintOf(fault)}`);
    return told.exitCode;
  } catch (fault) {
    progress.stop();
    if (!(fault instanceof RangeError)) throw fault;
    process.stderr.write(`error: ${fault.message}\n`);
    return 1;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

function configOf(flags: BenchFlags): BenchConfig {
  // A name has no separator and no file stands behind it; whatever else is given is taken for a file.
  const isFile =
    existsSync(flags.export) || /[/\\]|\.(parquet|csv|tsv|json|ndjson|jsonl|duckdb)$/i.test(flags.export);
  return {
    exportName: isFile ? null : flags.export,
    sourceFile: isFile ? flags.export : null,
    rows: flags.rows ?? null,
    seed: flags.seed ?? randomInt(2 ** 32),
    ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    ...(flags.scenario === undefined ? {} : { scenarios: flags.scenario }),
    deliveries: flags.deliveries,
    workers: flags.workers,
    slots: flags.slots,
    isQuick: flags.quick === true,
  };
}

/** The report for a person goes to standard output, unless that is to hold something else. */
function withReport(outputs: readonly Output[]): readonly Output[] {
  const isTaken = outputs.some(({ file }) => file === standardOutput);
  return isTaken ? outputs : [...outputs, { format: "text", file: standardOutput }];
}

/** A bar on standard error, where that is a terminal; otherwise nothing. */
function progressBar(flags: BenchFlags): { show: (progress: BenchProgress) => void; stop: () => void } {
  if (!process.stderr.isTTY || !flags.progress) return { show: () => undefined, stop: () => undefined };
  const bar = new Bar(
    {
      format: "{bar} {percentage} %  {left}  {label}",
      clearOnComplete: true,
      hideCursor: true,
      barsize: 24,
      stream: process.stderr,
      gracefulExit: false,
    },
    Presets.shades_grey,
  );
  const startMs = performance.now();
  bar.start(1, 0, { label: "", left: "" });
  return {
    show({ label, step, steps }) {
      if (steps !== null) bar.setTotal(steps);
      const leftSeconds =
        steps === null || step === 0 ? null : ((performance.now() - startMs) / 1000 / step) * (steps - step);
      bar.update(steps === null ? 0 : step, {
        label,
        left: leftSeconds === null ? "" : `about ${Math.ceil(leftSeconds)} s left`,
      });
    },
    stop: () => bar.stop(),
  };
}

function toolIdentity(): { name: string; version: string } {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return parse(object({ name: string(), version: string() }), JSON.parse(text));
}

function hintOf(fault: Error): string {
  return "hint" in fault && typeof fault.hint === "string" ? `${fault.hint}\n` : "";
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}
