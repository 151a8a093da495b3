import { scenarios } from "./scenario/scenarios.ts";
import type { Delivery } from "./trial/session.ts";

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
  /** @default export, scaling and slow-readers */
  readonly scenarios?: readonly string[];
  /** @default streaming, buffered and file */
  readonly deliveries?: readonly string[];
  /**
   * Worker processes of the server.
   * @default 1
   */
  readonly workers?: number;
  /**
   * Exports a worker takes at once.
   * @default 32
   */
  readonly slots?: number;
  /**
   * Fewer and shorter rounds, so that all ends within a minute on two cores.
   * @default false
   */
  readonly isQuick?: boolean;
}

/** A configuration with every default filled in; the result file holds it. */
export interface ResolvedConfig {
  readonly exportName: string | null;
  readonly sourceFile: string | null;
  readonly rows: number | null;
  readonly rounds: number;
  readonly seed: number;
  readonly scenarios: readonly string[];
  readonly deliveries: readonly Delivery[];
  readonly workers: number;
  readonly slots: number;
  readonly isQuick: boolean;
}

/** The deliveries there are, in the order a report shows them. */
export const deliveries: readonly Delivery[] = ["streaming", "buffered", "file"];

/**
 * Fills in the defaults and refuses what can't be run.
 * @throws RangeError whose message names the option, quotes the value and lists what is allowed
 */
export function resolveConfig(config: BenchConfig): ResolvedConfig {
  const { sourceFile = null, rows = null, isQuick = false } = config;
  const known = scenarios.map(({ name }) => name);
  const usual = scenarios.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  const rounds = config.rounds ?? (isQuick ? 8 : 12);
  requireCount("rounds", rounds, 1, 1000);
  if (rows !== null) requireCount("rows", rows, 1, Number.MAX_SAFE_INTEGER);
  requireCount("seed", config.seed, 0, Number.MAX_SAFE_INTEGER);
  requireCount("workers", config.workers ?? 1, 1, 256);
  requireCount("slots", config.slots ?? 32, 1, 100_000);
  return {
    exportName: config.exportName ?? (sourceFile === null ? "orders" : null),
    sourceFile,
    rows,
    rounds,
    seed: config.seed,
    scenarios: chosen("scenario", config.scenarios ?? usual, known),
    deliveries: chosen("delivery", config.deliveries ?? deliveries, deliveries),
    workers: config.workers ?? 1,
    slots: config.slots ?? 32,
    isQuick,
  };
}

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
