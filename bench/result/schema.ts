import {
  array,
  boolean,
  check as checked,
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
} from "valibot";
import { resultFormat, type BenchResult } from "./result.ts";

export const quantity = pipe(number(), finite());
export const list = <T extends GenericSchema>(item: T) => pipe(array(item), readonly());
export const count = pipe(number(), integer(), minValue(0));

/** The id of a metric, by which its values are looked up: every object has a `toString`. */
const metricId = pipe(
  string(),
  checked((id) => !(id in Object.prototype)),
);

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
  id: metricId,
  unit: string(),
  better: picklist(["lower", "higher"]),
  gate: boolean(),
});

const comparison = object({
  scenario: string(),
  metric: metricId,
  treatment: string(),
  control: string(),
  ratio: nullable(quantity),
  ci: tuple([nullable(quantity), nullable(quantity)]),
  level: nullable(quantity),
  method: string(),
  n: count,
  mde: nullable(quantity),
  budget: nullable(quantity),
  least: optional(nullable(quantity)),
  limit: optional(object({ bound: picklist(["most", "least"]), value: quantity })),
  verdict: picklist(["informational", "pass", "regression", "inconclusive"]),
  reason: optional(string()),
});

const series = object({
  scenario: string(),
  round: count,
  arm: string(),
  metric: metricId,
  points: list(tuple([quantity, quantity])),
});

/** What each delivery or target gave. */
export const bodiesSchema = list(
  object({
    name: string(),
    rows: count,
    columns: count,
    bytes: count,
    sha256: nullable(string()),
    whole: boolean(),
  }),
);

const observed = nullable(union([quantity, string()]));

const check = object({
  id: string(),
  expected: observed,
  observed,
  tolerance: nullable(quantity),
  ok: boolean(),
});

/** A result file. Its declared type is written out apart, so that those who use it don't need the types of valibot. */
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
  reasons: optional(list(string())),
  integrity: object({
    bytes: nullable(count),
    rows: nullable(count),
    sha256: nullable(string()),
    equal: nullable(boolean()),
    bodies: optional(bodiesSchema),
  }),
  warnings: list(string()),
  verdict: picklist(["informational", "pass", "regression", "inconclusive", "invalid"]),
  exitCode: count,
  complete: boolean(),
}) satisfies GenericSchema<unknown, BenchResult>;
