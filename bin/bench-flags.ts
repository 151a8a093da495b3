import { Option, type Command } from "commander";
import { parseByteSize, parseCount, parseDuration } from "../src/ground.ts";
import type { ConfiguredTargets } from "./configuration/bench-settings.ts";
import type { LoadedConfiguration } from "./configuration/load-configuration.ts";
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
  /** `bench.targets` of the configuration. */
  readonly targets?: ConfiguredTargets;
  readonly configuration?: LoadedConfiguration;
  readonly header?: readonly HeaderField[];
  readonly ready?: string;
  readonly readyTimeout?: number;
  readonly ping?: string;
  readonly integrity: string;
  readonly observe?: readonly string[];
  readonly control?: string;
  readonly setup?: string;
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

/** One `--header 'NAME: VALUE'`. */
interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** Adds the options to the command: first what is measured, then what may fail the run. */
export function addBenchFlags(command: Command): Command {
  const count = flagParser(parseCount);
  return command
    .option("--export <name|file>", "the generated export, or the file, to measure", "orders")
    .option("--rows <n>", "rows of a timed export (default: as many as stream in about a second)", count)
    .option("--rounds <n>", "times every arm is measured (default: 12, with --quick 8)", count)
    .option(
      "--seed <n>",
      "seed of the random order of the arms (default: random, and kept in the result)",
      count,
    )
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
        "deliveries of our own server, separated by commas, or none (default: all three; none with --target; streaming with --against; streaming,buffered with --baseline)",
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
        "a server to measure, running or started by a command (default: none)",
        asIs,
      ),
    )
    .addOption(
      new RepeatableOption(
        "--header <'name: value'>",
        "a header field for every target; the value env:NAME is read from the environment",
        parseHeader,
      ),
    )
    .option("--ready <path>", "where a target is ready with a status below 500 (default: the ping path)")
    .option(
      "--ready-timeout <duration>",
      "how long a target may take to be ready (default: 15s)",
      flagParser(parseDuration),
    )
    .option("--ping <path|none>", "where a target answers a short request (default: /ping, if it does)")
    .addOption(
      new Option(
        "--integrity <what>",
        "what has to be equal in all bodies of a target: bytes, or only rows and columns",
      )
        .choices(["bytes", "rows"])
        .default("bytes"),
    )
    .addOption(
      new RepeatableOption(
        "--observe <name=pid|postgres://…>",
        "CPU time and memory of other processes, such as a database, beside each export (default: none)",
        asIs,
      ),
    )
    .option(
      "--control <name>",
      "the delivery or target that the others are compared with (default: the first target, else buffered)",
    )
    .option("--readers <n>", "slow readers at once (default: 8, with --quick 4)", count)
    .addOption(
      new Option("--read-rate <bytes>", "bytes a second that each slow reader takes")
        .argParser(flagParser(parseByteSize))
        .default(1024 ** 2, "1MiB"),
    )
    .option(
      "--against <git:ref|command|url>",
      "another version to compare this one with, in the same rounds: of the target, or of stream-csv (default: none)",
    )
    .option(
      "--setup <command>",
      "prepares the version of git:REF for a target (default: npm ci if it has a package-lock.json, then npm run build if it has one)",
    )
    .option("--baseline <file>", "a file of --save-baseline, or a result, to compare this run with")
    .option("--save-baseline <file>", "save this run for --baseline, unless it fails")
    .addOption(
      new RepeatableOption(
        "--budget <name.metric=percent>",
        "how much worse than --against or --baseline fails the run, or NAME.METRIC<=VALUE (>=) by itself; NAME is a delivery or target (default: cpu_s_per_mib=5% and peak_rss_over_idle_bytes=10%; memory also has to grow by 8 MiB)",
        asIs,
      ),
    )
    .option("--strict", "exit with 3 when a budget can't be decided")
    .addOption(outputOption())
    .option("--quick", "fewer and shorter rounds: at most a minute on two cores");
}

function parseHeader(text: string): HeaderField {
  const [, name, value] = /^([^:\s]+):[ \t]*(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined && value !== "") return { name, value };
  throw new RangeError(
    `"${text}" is not a header field: write 'NAME: VALUE', such as 'Authorization: env:API_TOKEN'.`,
  );
}

function asIs(text: string): string {
  return text;
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}
