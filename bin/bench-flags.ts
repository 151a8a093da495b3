import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { Option, type Command } from "commander";
import type { BenchConfig, NamedBaseline } from "../bench/index.ts";
import { generatedExportNames, isGeneratedExportName, parseByteSize, parseCount } from "../src/internal.ts";
import { RepeatableOption, flagParser, type GlobalFlags } from "./option.ts";
import { outputOption, type Output } from "./output.ts";

/** The options of `bench`, with the global ones. */
export interface BenchFlags extends GlobalFlags {
  readonly export: string;
  readonly rows?: number;
  readonly rounds?: number;
  readonly seed?: number;
  readonly scenario?: readonly (readonly string[])[];
  readonly list?: boolean;
  readonly deliveries?: readonly (readonly string[])[];
  readonly workers?: number;
  readonly workerModel: string;
  readonly slots?: number;
  readonly target?: readonly string[];
  readonly readers?: number;
  readonly readRate: number;
  readonly against?: string;
  readonly baseline?: string;
  readonly saveBaseline?: string;
  readonly budget?: readonly string[];
  readonly strict?: boolean;
  readonly output: readonly Output[];
  readonly quick?: boolean;
}

/** Adds the options to the command: first what is measured, then what may fail the run. */
export function addBenchFlags(command: Command): Command {
  const count = flagParser(parseCount);
  return command
    .option("--export <name|file>", "the export to measure: a name that serve knows, or a file", "orders")
    .option("--rows <n>", "rows of a timed export (default: as many as stream in about a second)", count)
    .option("--rounds <n>", "times every arm is measured (default: 12, with --quick 8)", count)
    .option("--seed <n>", "decides the order of the arms (default: drawn, and recorded)", count)
    .addOption(
      new RepeatableOption(
        "--scenario <name>",
        "what to measure, separated by commas (default: those marked by --list; export with --against or --baseline)",
        list,
      ),
    )
    .option("--list", "list the scenarios and exit")
    .addOption(
      new RepeatableOption(
        "--deliveries <names>",
        "deliveries to measure, separated by commas (default: all three; streaming with --against; streaming,buffered with --baseline)",
        list,
      ),
    )
    .option("--workers <n>", "worker processes of the server (default: 1, in sync-workers 2)", count)
    .option("--worker-model <model>", "how a worker takes connections: async or sync", "async")
    .option(
      "--slots <n>",
      "exports a worker takes at once (default: 32, or as many as slow readers need)",
      count,
    )
    .addOption(
      new RepeatableOption(
        "--target <name=url|command>",
        "another server in the same rounds, running or started by a command (default: none)",
        asIs,
      ),
    )
    .option("--readers <n>", "slow readers at once (default: 8, with --quick 4)", count)
    .addOption(
      new Option("--read-rate <bytes>", "bytes a second that each slow reader takes")
        .argParser(flagParser(parseByteSize))
        .default(1024 ** 2, "1MiB"),
    )
    .option(
      "--against <git:ref|command>",
      "another version of stream-csv to compare this one with, in the same rounds (default: none)",
    )
    .option("--baseline <file>", "a file of --save-baseline, or a result, to compare this run with")
    .option("--save-baseline <file>", "save this run for --baseline, unless it fails")
    .addOption(
      new RepeatableOption(
        "--budget <delivery.metric=percent>",
        "how much worse than --against or --baseline fails the run (default: cpu_s_per_mib=5% and peak_rss_over_idle_bytes=10%; memory also has to grow by 8 MiB)",
        asIs,
      ),
    )
    .option("--strict", "exit with 3 when a budget can't be decided")
    .addOption(outputOption())
    .option(
      "--quick",
      "fewer and shorter rounds, at most a minute on two cores; leaves out what short requests lose, and slow-readers and the largest sizes of scaling where no time is left",
    );
}

/**
 * The configuration that the options ask for; the bench decides what they leave open.
 * @throws RangeError for an export that does not exist
 */
export function benchConfigOf(flags: BenchFlags, baseline: NamedBaseline | null): BenchConfig {
  // A file exists, or its text has a path separator or the ending of a file; anything else is a name.
  const isFile =
    existsSync(flags.export) || /[/\\]|\.(parquet|csv|tsv|json|ndjson|jsonl|duckdb)$/i.test(flags.export);
  if (isFile && !existsSync(flags.export)) throw new RangeError(`The file "${flags.export}" does not exist.`);
  if (!isFile && !isGeneratedExportName(flags.export))
    throw new RangeError(
      `There is no export "${flags.export}"; there are: ${generatedExportNames.join(", ")}. To measure a file, give its path with the ending.`,
    );
  return {
    exportName: isFile ? null : flags.export,
    sourceFile: isFile ? flags.export : null,
    rows: flags.rows ?? null,
    seed: flags.seed ?? randomInt(2 ** 32),
    ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    ...(flags.scenario === undefined ? {} : { scenarios: flags.scenario.flat() }),
    ...(flags.deliveries === undefined ? {} : { deliveries: flags.deliveries.flat() }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    workerModel: flags.workerModel,
    ...(flags.slots === undefined ? {} : { slots: flags.slots }),
    targets: flags.target ?? [],
    ...(flags.readers === undefined ? {} : { readers: flags.readers }),
    readBytesPerSecond: flags.readRate,
    isQuick: flags.quick === true,
    against: flags.against ?? null,
    baseline,
    budgets: flags.budget ?? [],
    isStrict: flags.strict === true,
  };
}

function asIs(text: string): string {
  return text;
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}
