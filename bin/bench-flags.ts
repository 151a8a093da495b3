import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { Option, type Command } from "commander";
import type { BenchConfig, NamedBaseline } from "../bench/index.ts";
import { generatedExportNames, isGeneratedExportName, parseByteSize, parseCount } from "../src/internal.ts";
import { RepeatableOption, flagParser, type GlobalFlags } from "./option.ts";
import { outputOption, type Output } from "./output.ts";

/** What the command line of `bench` says, global options among it. */
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

/** Gives the command its flags, what is measured first and what may fail it next. */
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
        "what to measure, separated by commas (default: those that --list marks; export against a version or baseline)",
        list,
      ),
    )
    .option("--list", "list the scenarios and end")
    .addOption(
      new RepeatableOption(
        "--deliveries <names>",
        "deliveries to measure, separated by commas (default: all three; streaming with --against; streaming,buffered with --baseline)",
        list,
      ),
    )
    .option("--workers <n>", "worker processes of the server (default: 1, in sync-workers 2)", count)
    .option("--worker-model <model>", "how a worker takes connections: async or sync", "async")
    .option("--slots <n>", "exports a worker takes at once (default: 32, or as slow readers need)", count)
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
      "another version of stream-csv to hold this one against, in the same rounds (default: none)",
    )
    .option("--baseline <file>", "a file of --save-baseline, or a result, to hold this run against")
    .option("--save-baseline <file>", "keep this run for --baseline, unless it fails")
    .addOption(
      new RepeatableOption(
        "--budget <delivery.metric=percent>",
        "how much worse than --against or --baseline fails (default: cpu_s_per_mib=5% and peak_rss_over_idle_bytes=10%; memory has to grow by 8 MiB as well)",
        asIs,
      ),
    )
    .option("--strict", "exit with 3 when a budget can't be decided")
    .addOption(outputOption())
    .option("--quick", "fewer and shorter rounds: at most a minute on two cores");
}

/**
 * What the flags ask for; what they leave open is decided by the bench.
 * @throws RangeError for an export that doesn't exist
 */
export function benchConfigOf(flags: BenchFlags, baseline: NamedBaseline | null): BenchConfig {
  // A name has no separator and no file stands behind it; whatever else is given is taken for a file.
  const isFile =
    existsSync(flags.export) || /[/\\]|\.(parquet|csv|tsv|json|ndjson|jsonl|duckdb)$/i.test(flags.export);
  if (isFile && !existsSync(flags.export)) throw new RangeError(`The file "${flags.export}" doesn't exist.`);
  if (!isFile && !isGeneratedExportName(flags.export))
    throw new RangeError(
      `There is no export "${flags.export}"; there are: ${generatedExportNames.join(", ")}. To measure a file, give it with its ending.`,
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
