import {
  array,
  boolean,
  finite,
  integer,
  literal,
  minValue,
  nullable,
  number,
  object,
  optional,
  picklist,
  pipe,
  readonly,
  record,
  string,
  tuple,
  union,
  unknown,
  type GenericSchema,
  type InferOutput,
} from "valibot";

/** The name of the format; a change that breaks readers gets another number. */
export const resultFormat = "stream-csv.bench.v1";

export const quantity = pipe(number(), finite());
export const list = <T extends GenericSchema>(item: T) => pipe(array(item), readonly());
export const count = pipe(number(), integer(), minValue(0));

/** Where a run was measured. */
export const environmentSchema = object({
  node: string(),
  os: string(),
  cpuModel: string(),
  cores: count,
  memoryLimitBytes: nullable(count),
  gitSha: nullable(string()),
  fingerprint: string(),
});

const arm = object({
  id: string(),
  scenario: string(),
  role: picklist(["control", "treatment", "aa"]),
  delivery: string(),
  rows: optional(nullable(count)),
  command: optional(string()),
  url: optional(string()),
});

const round = object({
  scenario: string(),
  index: count,
  order: list(string()),
  valid: boolean(),
  reason: optional(string()),
  arms: record(string(), record(string(), nullable(quantity))),
});

const metric = object({
  id: string(),
  unit: string(),
  better: picklist(["lower", "higher"]),
  gate: boolean(),
});

const comparison = object({
  scenario: string(),
  metric: string(),
  treatment: string(),
  control: string(),
  ratio: nullable(quantity),
  ci: tuple([nullable(quantity), nullable(quantity)]),
  level: nullable(quantity),
  method: string(),
  n: count,
  mde: nullable(quantity),
  budget: nullable(quantity),
  /** A change also has to exceed this, in the metric's unit, to break the budget. */
  least: optional(nullable(quantity)),
  /** The value it was judged by, in the metric's unit; ratio and ci are shares of it then. */
  limit: optional(object({ bound: picklist(["most", "least"]), value: quantity })),
  verdict: picklist(["informational", "pass", "regression", "inconclusive"]),
  /** What led to its verdict, in a sentence; only for a comparison that was judged. */
  reason: optional(string()),
});

const series = object({
  scenario: string(),
  round: count,
  arm: string(),
  metric: string(),
  points: list(tuple([quantity, quantity])),
});

const observed = nullable(union([quantity, string()]));

const check = object({
  id: string(),
  expected: observed,
  observed,
  tolerance: nullable(quantity),
  ok: boolean(),
});

/** The result file: every raw value, and what was concluded from them. Quantities are in SI units, and `null`, never `NaN`. */
export const resultSchema = object({
  schema: literal(resultFormat),
  tool: object({ name: string(), version: string() }),
  createdAt: string(),
  seed: count,
  environment: environmentSchema,
  config: record(string(), unknown()),
  arms: list(arm),
  rounds: list(round),
  metrics: list(metric),
  comparisons: list(comparison),
  series: optional(list(series)),
  checks: list(check),
  /** What led to the verdict, one sentence each, the gravest first. */
  reasons: optional(list(string())),
  integrity: object({
    bytes: nullable(count),
    rows: nullable(count),
    sha256: nullable(string()),
    equal: nullable(boolean()),
  }),
  warnings: list(string()),
  verdict: picklist(["informational", "pass", "regression", "inconclusive", "invalid"]),
  exitCode: count,
  complete: boolean(),
});

/** A run's result, as the result file holds it; see docs/reference/bench.md. */
export type BenchResult = Readonly<InferOutput<typeof resultSchema>>;
export type Environment = Readonly<InferOutput<typeof environmentSchema>>;
export type Arm = Readonly<InferOutput<typeof arm>>;
export type Round = Readonly<InferOutput<typeof round>>;
export type Comparison = Readonly<InferOutput<typeof comparison>>;
export type Series = Readonly<InferOutput<typeof series>>;
export type Check = Readonly<InferOutput<typeof check>>;
export type Integrity = BenchResult["integrity"];
export type Verdict = BenchResult["verdict"];
