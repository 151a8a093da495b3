import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import type { BenchConfig, BenchTarget, NamedBaseline } from "../bench/index.ts";
import { generatedExportNames, isGeneratedExportName } from "../src/internal.ts";
import type { BenchFlags } from "./bench-flags.ts";
import { benchTargetsOf } from "./configuration/bench-settings.ts";

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
    targets: [...configuredTargets(flags), ...(flags.target ?? [])],
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

function configuredTargets({ targets, configuration }: BenchFlags): readonly BenchTarget[] {
  return targets === undefined || configuration === undefined
    ? []
    : benchTargetsOf(targets, configuration.file);
}

/** What flags say of every target. */
function targetDefaultsOf({
  header = [],
  ready,
  readyTimeout,
  ping,
}: BenchFlags): NonNullable<BenchConfig["targetDefaults"]> {
  return {
    headers: Object.fromEntries(header.map(({ name, value }) => [name, fromEnvironment(value, name)])),
    ...(ready === undefined ? {} : { ready }),
    ...(readyTimeout === undefined ? {} : { readyTimeout }),
    ...(ping === undefined ? {} : { ping: ping === "none" ? null : ping }),
  };
}

const environmentPrefix = "env:";

/**
 * The value of a header field: `env:NAME` is read from the environment, so that a secret stands neither in a command line
 * nor in a file.
 * @throws RangeError when there is no such variable
 */
function fromEnvironment(value: string, field: string): string {
  if (!value.startsWith(environmentPrefix)) return value;
  const variable = value.slice(environmentPrefix.length);
  const found = process.env[variable];
  if (found !== undefined && found !== "") return found;
  throw new RangeError(
    `The header field ${field} is read from the environment variable "${variable}", which is not set.`,
  );
}
