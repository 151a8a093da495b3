import { didYouMean, formatCountOf } from "../../src/ground.ts";
import { workerModels } from "../../src/settings.ts";
import { scenarios } from "./scenarios.ts";
import type { BenchConfig } from "./config.ts";
import { chosenFrom, requireCount } from "./require.ts";
import { gatingScenario, resolveGate } from "./resolve-gate.ts";
import { resolveTargets } from "./resolve-targets.ts";
import type { ParameterPair } from "../subject/target.ts";
import type { RunSettings } from "./settings.ts";
import { parseObserved } from "./with-observers.ts";

const usualSlots = 32;
/** With only one there would be no time in which some are busy and some are free. */
const usualSyncWorkers = 2;
const usualReadRate = 1024 ** 2;
/** At a slower rate a reader would be watched for less than one of its reads. */
const leastReadRate = 1024;
const equalities = ["bytes", "rows"] as const;

/**
 * Fills in the defaults and refuses what can't be run.
 * @throws RangeError whose message names the option, quotes the value and lists what is allowed
 */
export function resolveConfig(config: BenchConfig): RunSettings {
  const { isQuick = false, seed, workers = 1, isStrict = false, setup = null } = config;
  const { readBytesPerSecond = usualReadRate } = config;
  const targets = resolveTargets(config);
  const { isGating, ...gate } = resolveGate(config, targets);
  const hasOwn = gate.deliveries.length > 0;
  const sourceFile = hasOwn ? (config.sourceFile ?? null) : null;
  const usual = scenarios.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  const known = scenarios.map(({ name }) => name);
  const [workerModel = "async"] = chosenFrom("worker model", [config.workerModel ?? "async"], workerModels);
  const [integrity = "bytes"] = chosenFrom("kind of integrity", [config.integrity ?? "bytes"], equalities);
  const readers = config.readers ?? usualReaders({ isQuick, workers, workerModel });
  const settings: RunSettings = {
    exportName: hasOwn ? (config.exportName ?? (sourceFile === null ? "orders" : null)) : null,
    sourceFile,
    configuration: hasOwn ? (config.configuration ?? null) : null,
    parameters: hasOwn ? (config.parameters ?? []).map(parseParameter) : [],
    // Bodies of another size than the baseline's would leave little to compare.
    rows: config.rows ?? gate.baseline?.content.export.rows ?? null,
    rounds: config.rounds ?? (isQuick ? 8 : 12),
    seed,
    scenarios: chosenFrom("scenario", config.scenarios ?? (isGating ? [gatingScenario] : usual), known),
    ...gate,
    workers,
    syncWorkers: config.workers ?? usualSyncWorkers,
    workerModel,
    slots: config.slots ?? Math.max(usualSlots, Math.ceil(readers / workers)),
    targets,
    integrity,
    control: controlOf(config, gate.deliveries, targets),
    setup,
    observed: (config.observe ?? []).map(parseObserved),
    readers,
    readBytesPerSecond,
    isQuick,
    isStrict,
  };
  requireNumbers(settings);
  requireRowsTaken(config, settings);
  return settings;
}

/** @throws RangeError for a text that isn't `NAME=VALUE` */
function parseParameter(text: string): ParameterPair {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new RangeError(`"${text}" is not a parameter: write NAME=VALUE, such as customer=7.`);
}

/** What the others are compared with: what was named, the first target, or the buffered delivery. */
function controlOf(
  { control = null, against = null }: BenchConfig,
  deliveries: RunSettings["deliveries"],
  targets: RunSettings["targets"],
): string | null {
  const subjects: readonly string[] = [...deliveries, ...targets.map(({ name }) => name)];
  if (control !== null && against !== null) {
    throw new RangeError(
      `--control ${control} can't be used together with --against: the other version is what this one is compared with.`,
    );
  }
  if (control !== null && !subjects.includes(control)) {
    throw new RangeError(
      `--control "${control}" is not measured; there are: ${subjects.join(", ")}.${didYouMean(control, subjects)}`,
    );
  }
  return control ?? targets[0]?.name ?? deliveries.find((delivery) => delivery === "buffered") ?? null;
}

/** A sync worker that sends to a slow reader answers no other client, so one has to be free for /stats and /ping. */
function usualReaders({
  isQuick,
  workers,
  workerModel,
}: Pick<RunSettings, "isQuick" | "workers" | "workerModel">): number {
  const usual = isQuick ? 4 : 8;
  return workerModel === "sync" ? Math.max(1, Math.min(usual, workers - 1)) : usual;
}

/** @throws RangeError for a number of rows that nothing would be asked for */
function requireRowsTaken({ rows = null }: BenchConfig, { deliveries, targets }: RunSettings): void {
  const takes = targets.some(({ command, url, body, env }) =>
    [command, url, body, ...Object.values(env)].some((text) => text?.includes("{rows}")),
  );
  const small = targets.find(({ mostRows }) => rows !== null && mostRows !== null && mostRows < rows);
  if (small !== undefined) {
    throw new RangeError(
      `rows is ${rows}, and the target "${small.name}" has ${small.mostRows} rows by its configuration: ask for no more, or correct its setting rows.`,
    );
  }
  if (rows === null || deliveries.length > 0 || takes) return;
  throw new RangeError(
    `rows is ${rows}, but no target can be asked for a number of rows: put {rows} into its address or command, or leave it out.`,
  );
}

function requireNumbers(settings: RunSettings): void {
  const { rounds, rows, seed, workers, workerModel, readers, readBytesPerSecond, slots } = settings;
  requireCount("rounds", rounds, 1, 1000);
  if (rows !== null) requireCount("rows", rows, 1, Number.MAX_SAFE_INTEGER);
  requireCount("seed", seed, 0, Number.MAX_SAFE_INTEGER);
  requireCount("workers", workers, 1, 256);
  requireCount("readers", readers, 1, 10_000);
  requireCount("read rate", readBytesPerSecond, leastReadRate, 1024 ** 3);
  requireCount("slots", slots, 1, 100_000);
  if (workerModel === "async" && readers > workers * slots) {
    throw new RangeError(
      `readers is ${readers}, but ${formatCountOf(workers, "worker")} with ${slots} slots each take only ${workers * slots} exports at once; ask for fewer readers, or more slots or workers.`,
    );
  }
}
