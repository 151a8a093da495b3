import { createHash, randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Bar, Presets } from "cli-progress";
import { Command, Option } from "commander";
import { object, parse, string } from "valibot";
import type { BenchConfig, BenchProgress, BenchResult, MakeReference } from "../bench/index.ts";
import {
  openExport,
  parseByteSize,
  parseCount,
  planExport,
  readExportParameters,
  runExport,
} from "../src/index.ts";
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
  readonly workerModel: string;
  readonly slots?: number;
  readonly target?: readonly string[];
  readonly readers?: number;
  readonly readRate: number;
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
    .option("--worker-model <model>", "how a worker takes connections: async or sync", "async")
    .option("--slots <n>", "exports a worker takes at once (default: 32, or as slow readers need)", count)
    .addOption(
      new Option(
        "--target <name=url|command>",
        "another server in the same rounds, running or started by a command; can be repeated (default: none)",
      ).argParser(collect),
    )
    .option("--readers <n>", "slow readers at once (default: 8, with --quick 4)", count)
    .addOption(
      new Option("--read-rate <bytes>", "bytes a second that each slow reader takes")
        .argParser(flagParser(parseByteSize))
        .default(1024 ** 2, "1MiB"),
    )
    .addOption(outputOption())
    .option("--quick", "fewer and shorter rounds: at most a minute on two cores")
    .addHelpText("after", targetHelp)
    .action(async (_flags, command: Command) => {
      process.exitCode = await bench(command.optsWithGlobals<BenchFlags>());
    });
}

const targetHelp = `
Targets:
  NAME=URL               a server that runs already; memory and CPU time aren't known
  NAME=COMMAND           started by the shell, and asked at http://127.0.0.1:{port}/
  NAME=COMMAND @ URL     asked there instead
  {port} is a free port, {rows} the rows of an export; both can stand in COMMAND and URL.
  stream-csv bench --target 'go=PORT={port} ./orders @ http://127.0.0.1:{port}/orders.csv?rows={rows}'
`;

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
      makeReference,
      signal: interruption.signal,
      onProgress: progress.show,
    });
    progress.stop();
    const told: BenchResult = exitCode === undefined ? result : { ...result, exitCode };
    const look = { hasColor: wantsColor(flags, process.stdout), columns: process.stdout.columns };
    try {
      await writeOutputs(withReport(flags.output), (format) => renderReport(format, told, look));
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
    workerModel: flags.workerModel,
    ...(flags.slots === undefined ? {} : { slots: flags.slots }),
    targets: flags.target ?? [],
    ...(flags.readers === undefined ? {} : { readers: flags.readers }),
    readBytesPerSecond: flags.readRate,
    isQuick: flags.quick === true,
  };
}

/** The report for a person goes to standard output, unless that is to hold something else. */
function withReport(outputs: readonly Output[]): readonly Output[] {
  const isTaken = outputs.some(({ file }) => file === standardOutput);
  return isTaken ? outputs : [...outputs, { format: "text", file: standardOutput }];
}

/** The SHA-256 of an export made here, by the same encoder but without any server in between. */
async function makeReference(
  { exportName, sourceFile, rows }: Parameters<MakeReference>[0],
  signal: AbortSignal,
): Promise<string> {
  const table =
    sourceFile === null || !exportName.includes(".") ? {} : { table: exportName.split(".").at(-1) ?? "" };
  const { definition, close } = await openExport(sourceFile ?? exportName, table);
  try {
    const plan = planExport(definition, readExportParameters([["rows", String(rows)]]));
    const hash = createHash("sha256");
    for await (const chunk of runExport(plan, { signal }).chunks) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await close();
  }
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
