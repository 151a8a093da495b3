// Longer than most, because every flag is declared, typed and passed on here.

import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { Option, type Command } from "commander";
import type { BenchConfig, BenchTarget, NamedBaseline } from "../bench/index.ts";
import { didYouMean, parseByteSize, parseDuration } from "../src/ground.ts";
import { generatedExportNames, isGeneratedExportName } from "../src/internal.ts";
import { workerModels } from "../src/settings.ts";
import { fromEnvironment } from "./environment.ts";
import { isFileName } from "./is-file-name.ts";
import { isOfConfiguration } from "./configuration/is-of-configuration.ts";
import type { LoadedConfiguration } from "./configuration/load-configuration.ts";
import { paramOption, type ParameterText } from "./param-option.ts";
import { RepeatableOption, asIs, choiceOption, countFrom, flagParser, type GlobalFlags } from "./option.ts";
import { outputOption, type Output } from "./output.ts";

/** The options of `bench`, with the global ones. */
export interface BenchFlags extends GlobalFlags {
  readonly configuration?: LoadedConfiguration;
  /** Of the configuration; flags of the same name replace them. */
  readonly parameters?: readonly ParameterText[];
  /** Of the configuration; --target on the command line replaces all of them. */
  readonly targets?: readonly BenchTarget[];
  readonly export: string;
  readonly param?: readonly ParameterText[];
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
  return command
    .option(
      "--export <name|file>",
      "the export to measure: one of the configuration, a generated one, or a file",
      "orders",
    )
    .addOption(paramOption())
    .option(
      "--rows <n>",
      "rows of a timed export (default: as many as stream in about a second)",
      countFrom(1),
    )
    .option("--rounds <n>", "times every arm is measured (default: 12, with --quick 8)", countFrom(1))
    .option(
      "--seed <n>",
      "seed of the random order of the arms (default: random, and kept in the result)",
      countFrom(0),
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
        "streaming, buffered, file and job of our own server, separated by commas, or none (default: the first three; none with --target; streaming with --against; streaming,buffered with --baseline)",
        list,
      ),
    )
    .option(
      "--workers <n>",
      "worker processes of the server (default: 1, in sync-workers 2)",
      countFrom(1, 256),
    )
    .addOption(
      choiceOption("--worker-model <model>", "how a worker takes connections", workerModels).default("async"),
    )
    .option(
      "--slots <n>",
      "exports a worker takes at once (default: 32, or as many as slow readers need)",
      countFrom(1),
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
      choiceOption(
        "--integrity <what>",
        "what has to be equal in all bodies of a target: bytes, or only rows and columns",
        ["bytes", "rows"],
      ).default("bytes"),
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
    .option("--readers <n>", "slow readers at once (default: 8, with --quick 4)", countFrom(1))
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
    .option(
      "--quick",
      "fewer and shorter rounds, at most a minute on two cores; reports leave out what short requests lose, and slow-readers and the largest sizes of scaling are left out where no time is left",
    );
}

/**
 * The configuration that the options ask for; the bench decides what they leave open.
 * @throws RangeError for an export that does not exist
 */
export function benchConfigOf(
  flags: BenchFlags,
  {
    baseline,
    isFirstBaseline,
  }: { readonly baseline: NamedBaseline | null; readonly isFirstBaseline: boolean },
): BenchConfig {
  const isConfigured = isOfConfiguration(flags.export, flags.configuration);
  const isFile = !isConfigured && (existsSync(flags.export) || isFileName(flags.export));
  if (isFile && !existsSync(flags.export)) throw new RangeError(`The file "${flags.export}" does not exist.`);
  if (!isConfigured && !isFile && !isGeneratedExportName(flags.export)) {
    const configured = (flags.configuration?.sources ?? []).map(({ name = "" }) => name);
    const known = [...configured, ...generatedExportNames];
    throw new RangeError(
      `There is no export "${flags.export}"; there are: ${known.join(", ")}.${didYouMean(flags.export, known)} To measure a file, give its path with the ending.`,
    );
  }
  const parameters = parametersOf(flags);
  if (!isConfigured && parameters.length > 0)
    throw new RangeError(
      `--param ${parameters[0]?.join("=")}: "${flags.export}" is not a configured export, so it takes no --param.`,
    );
  return {
    exportName: isFile ? null : flags.export,
    sourceFile: isFile ? flags.export : null,
    configuration:
      flags.configuration === undefined ? null : isConfigured ? flags.configuration.file : "none",
    parameters: parameters.map((parameter) => parameter.join("=")),
    rows: flags.rows ?? null,
    seed: flags.seed ?? randomInt(2 ** 32),
    ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
    ...(flags.scenario === undefined ? {} : { scenarios: flags.scenario.flat() }),
    ...(flags.deliveries === undefined ? {} : { deliveries: flags.deliveries.flat() }),
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    workerModel: flags.workerModel,
    ...(flags.slots === undefined ? {} : { slots: flags.slots }),
    targets: [...(flags.targets ?? []), ...(flags.target ?? [])],
    targetDefaults: targetDefaultsOf(flags),
    integrity: flags.integrity,
    observe: flags.observe ?? [],
    control: flags.control ?? null,
    setup: flags.setup ?? null,
    ...(flags.readers === undefined ? {} : { readers: flags.readers }),
    readBytesPerSecond: flags.readRate,
    isQuick: flags.quick === true,
    against: flags.against ?? null,
    baseline,
    isFirstBaseline,
    budgets: flags.budget ?? [],
    isStrict: flags.strict === true,
  };
}

/** Values of the parameters that the export declares: those of flags, and of the configuration what they don't name. */
export function parametersOf({ param = [], parameters = [] }: BenchFlags): readonly ParameterText[] {
  return [...parameters.filter(([name]) => !param.some(([given]) => given === name)), ...param];
}

/** What flags say of every target. */
function targetDefaultsOf({
  header = [],
  ready,
  readyTimeout,
  ping,
}: BenchFlags): NonNullable<BenchConfig["targetDefaults"]> {
  const names = header.map(({ name }) => name.toLowerCase());
  const twin = header.find(({ name }, index) => names.indexOf(name.toLowerCase()) < index);
  if (twin !== undefined)
    throw new RangeError(
      `--header names the field ${twin.name} twice, and names of fields don't depend on case: leave one of them out.`,
    );
  return {
    headers: Object.fromEntries(
      header.map(({ name, value }) => [name, fromEnvironment(value, `The header field ${name}`)]),
    ),
    ...(ready === undefined ? {} : { ready }),
    ...(readyTimeout === undefined ? {} : { readyTimeout }),
    ...(ping === undefined ? {} : { ping: ping === "none" ? null : ping }),
  };
}

function parseHeader(text: string): HeaderField {
  const [, name, value] = /^([^:\s]+):[ \t]*(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined && value !== "") return { name, value };
  // The text isn't quoted: its value may be a secret.
  throw new RangeError(
    `${name === undefined ? "What is given" : `${JSON.stringify(name)} without a value`} is not a header field: write 'NAME: VALUE', such as 'Authorization: env:API_TOKEN'.`,
  );
}

function list(text: string): readonly string[] {
  return text.split(",").map((item) => item.trim());
}
