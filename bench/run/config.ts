// Long because it is a catalogue: every setting of a run with its default and meaning, and what refuses those that can't be run.

import { parseBudget, type Budget } from "../gate/budget/budget.ts";
import { readBudgets, type NamedBaseline } from "../gate/baseline/gate-settings.ts";
import { parseAgainst, type AgainstSpec } from "../subject/version/parse-against.ts";
import { parseTarget, type TargetSpec } from "../subject/parse-target.ts";
import { againId } from "../session/arm.ts";
import { scenarios } from "../scenario/scenarios.ts";
import type { Delivery } from "../session/session.ts";

/** What a run is to measure. */
export interface BenchConfig {
  /**
   * Name of the export.
   * @default "orders", or the export made from `sourceFile`
   */
  readonly exportName?: string | null;
  /** A file to serve and measure: Parquet, CSV, JSON or DuckDB. */
  readonly sourceFile?: string | null;
  /**
   * Rows of a timed export.
   * @default null as many as stream in about a second, or a quarter of one when quick
   */
  readonly rows?: number | null;
  /** @default 12, or 8 when quick */
  readonly rounds?: number;
  /** Decides the order of the arms. */
  readonly seed: number;
  /** @default export, scaling and slow-readers; only export in a run that gates */
  readonly scenarios?: readonly string[];
  /** @default streaming, buffered and file; in a run that gates streaming, with a baseline beside buffered */
  readonly deliveries?: readonly string[];
  /**
   * Worker processes of the server.
   * @default 1, and 2 in the scenario sync-workers
   */
  readonly workers?: number;
  /**
   * How a worker takes connections: many at once, or one at a time.
   * @default "async"
   */
  readonly workerModel?: string;
  /**
   * Exports a worker takes at once.
   * @default 32, or more where there are more slow readers
   */
  readonly slots?: number;
  /**
   * Other servers in the same rounds, each as `NAME=URL`, `NAME=COMMAND` or `NAME=COMMAND @ URL`.
   * @default none
   */
  readonly targets?: readonly string[];
  /**
   * Slow readers at once.
   * @default 8, or 4 when quick
   */
  readonly readers?: number;
  /**
   * Bytes a second that each of them reads.
   * @default 1 MiB
   */
  readonly readBytesPerSecond?: number;
  /**
   * Fewer and shorter rounds, so that all ends within a minute on two cores.
   * @default false
   */
  readonly isQuick?: boolean;
  /**
   * Another version of `stream-csv` to hold this one against, as `git:REF` or as a command that starts it: the arms are
   * then this version, the other one as the control, and the other one again, by each delivery.
   * @default none
   */
  readonly against?: string | null;
  /**
   * An earlier run to hold this one against.
   * @default none
   */
  readonly baseline?: NamedBaseline | null;
  /**
   * What may fail a run that has something to be held against, each as `DELIVERY.METRIC=PERCENT`.
   * @default 5 % of cpu_s_per_mib, 10 % and 8 MiB of peak_rss_over_idle_bytes
   */
  readonly budgets?: readonly string[];
  /**
   * Whether what can't be decided fails, too.
   * @default false
   */
  readonly isStrict?: boolean;
}

/** A configuration with every default filled in; the result file holds it. */
export interface RunSettings {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  readonly rows: number | null;
  readonly rounds: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
  readonly deliveries: readonly Delivery[];
  readonly workers: number;
  /** Of the servers of the scenario sync-workers. */
  readonly syncWorkers: number;
  readonly workerModel: "async" | "sync";
  readonly slots: number;
  readonly targets: readonly TargetSpec[];
  readonly readers: number;
  readonly readBytesPerSecond: number;
  readonly isQuick: boolean;
  readonly against: AgainstSpec | null;
  readonly baseline: NamedBaseline | null;
  readonly budgets: readonly Budget[];
  readonly isStrict: boolean;
}

/** How a worker takes connections. */
const workerModels = ["async", "sync"] as const;
const usualSlots = 32;
/** With one there is no time in which some are taken and some are free. */
const usualSyncWorkers = 2;
const usualReadRate = 1024 ** 2;
/** Slower than this and a reader would be watched for less than one of its bites. */
const leastReadRate = 1024;

/** The deliveries there are, in the order a report shows them. */
export const deliveries: readonly Delivery[] = ["streaming", "buffered", "file"];

/**
 * Fills in the defaults and refuses what can't be run.
 * @throws RangeError whose message names the option, quotes the value and lists what is allowed
 */
export function resolveConfig(config: BenchConfig): RunSettings {
  const { sourceFile = null, isQuick = false } = config;
  const gating = resolveGateSettings(config);
  // Bodies of another size would leave little to compare.
  const rows = config.rows ?? gating.baseline?.content.export.rows ?? null;
  const known = scenarios.map(({ name }) => name);
  const usual = scenarios.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  const rounds = config.rounds ?? (isQuick ? 8 : 12);
  requireCount("rounds", rounds, 1, 1000);
  if (rows !== null) requireCount("rows", rows, 1, Number.MAX_SAFE_INTEGER);
  requireCount("seed", config.seed, 0, Number.MAX_SAFE_INTEGER);
  const { workers = 1, workerModel = "async", readBytesPerSecond = usualReadRate } = config;
  requireCount("workers", workers, 1, 256);
  const [model = "async"] = chosen("worker model", [workerModel], workerModels);
  const isSync = model === "sync";
  const usualReaders = isQuick ? 4 : 8;
  // A sync worker that sends to a slow reader answers nobody else, so one has to be left for /stats and /ping.
  const readers =
    config.readers ?? (isSync ? Math.max(1, Math.min(usualReaders, workers - 1)) : usualReaders);
  requireCount("readers", readers, 1, 10_000);
  requireCount("read rate", readBytesPerSecond, leastReadRate, 1024 ** 3);
  const slots = config.slots ?? Math.max(usualSlots, Math.ceil(readers / workers));
  requireCount("slots", slots, 1, 100_000);
  if (!isSync && readers > workers * slots) {
    throw new RangeError(
      `readers is ${readers}, but ${workers} worker${workers === 1 ? "" : "s"} with ${slots} slots each take only ${workers * slots} exports at once; ask for fewer readers, or more slots or workers.`,
    );
  }
  return {
    exportName: config.exportName ?? (sourceFile === null ? "orders" : null),
    sourceFile,
    rows,
    rounds,
    seed: config.seed,
    scenarios: chosen("scenario", config.scenarios ?? (gating.isGating ? [gatingScenario] : usual), known),
    deliveries: gating.deliveries,
    workers,
    syncWorkers: config.workers ?? usualSyncWorkers,
    workerModel: model,
    slots,
    targets: parseTargets(config.targets ?? []),
    readers,
    readBytesPerSecond,
    isQuick,
    against: gating.against,
    baseline: gating.baseline,
    budgets: gating.budgets,
    isStrict: config.isStrict ?? false,
  };
}

const gatingScenario = "export";

interface GateSettings extends Pick<RunSettings, "against" | "baseline" | "budgets" | "deliveries"> {
  readonly isGating: boolean;
}

/** What the run is held against, and by what. */
function resolveGateSettings(config: BenchConfig): GateSettings {
  const against = typeof config.against === "string" ? parseAgainst(config.against) : null;
  const { baseline = null, budgets = [], scenarios: wanted } = config;
  const isGating = against !== null || baseline !== null;
  if (against !== null && baseline !== null) {
    throw new RangeError("A run is held against --against or against --baseline, not both: leave one out.");
  }
  // What is no budget at all is told first.
  for (const budget of budgets) parseBudget(budget);
  if (!isGating && config.isStrict === true) {
    throw new RangeError(
      "--strict fails what can't be decided, and nothing is to be decided: add --against git:REF, --against COMMAND or --baseline FILE.",
    );
  }
  if (!isGating && budgets.length > 0) {
    throw new RangeError(
      `The budget "${budgets[0]}" has nothing to be held against: add --against git:REF, --against COMMAND or --baseline FILE.`,
    );
  }
  if (isGating && wanted !== undefined && !wanted.includes(gatingScenario)) {
    throw new RangeError(
      `A run that gates needs the scenario ${gatingScenario}: add --scenario ${gatingScenario}.`,
    );
  }
  if (against !== null && config.targets !== undefined && config.targets.length > 0) {
    throw new RangeError(
      "--target takes no part in a run against another version: leave it out, or leave out --against.",
    );
  }
  const usual = against !== null ? ["streaming"] : baseline !== null ? ["streaming", "buffered"] : deliveries;
  const measured = chosen("delivery", config.deliveries ?? usual, deliveries);
  const gated = against === null ? measured.filter((delivery) => delivery !== "buffered") : measured;
  // Against a baseline the buffered delivery is what the others are divided by.
  const usedBudgets = isGating
    ? readBudgets(budgets, budgets.length === 0 && gated.length > 0 ? gated : measured)
    : [];
  return { isGating, against, baseline, budgets: usedBudgets, deliveries: measured };
}

/** Names of arms have to be different, so a target can't be called like a delivery or like another target. */
function parseTargets(texts: readonly string[]): readonly TargetSpec[] {
  const specs: TargetSpec[] = [];
  for (const text of texts) {
    specs.push(parseTarget(text, [...deliveries, againId, ownName, ...specs.map(({ name }) => name)]));
  }
  return specs;
}

/** What our own server is called beside other targets. */
export const ownName = "stream-csv";

/** The known ones among those wanted, in the order they are known, each once. */
function chosen<T extends string>(
  what: string,
  wanted: readonly string[],
  known: readonly T[],
): readonly T[] {
  const unknown = wanted.find((item) => !known.some((name) => name === item));
  if (unknown !== undefined || wanted.length === 0) {
    throw new RangeError(
      wanted.length === 0
        ? `No ${what} is named; there are: ${known.join(", ")}.`
        : `"${unknown}" is no ${what}; there are: ${known.join(", ")}.`,
    );
  }
  return known.filter((name) => wanted.includes(name));
}

function requireCount(name: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} is ${value}, and must be a whole number from ${least} to ${most}.`);
}
