import {
  array,
  getDotPath,
  literal,
  nullable,
  object,
  optional,
  safeParse,
  string,
  type GenericSchema,
} from "valibot";
import { StreamCsvError } from "../../../src/ground.ts";
import { parseResult } from "../../result/read-result.ts";
import { resultFormat, type BenchResult, type CheckedBody } from "../../result/result.ts";
import { bodiesSchema, count, environmentSchema, list, quantity } from "../../result/schema.ts";
import { metricValuesOf, type MetricValues } from "./metric-values.ts";

/** The name of the format; a change that breaks readers gets another number. */
export const baselineFormat = "stream-csv.baseline.v1";

const baselineSchema = object({
  schema: literal(baselineFormat),
  tool: object({ name: string(), version: string() }),
  createdAt: string(),
  environment: environmentSchema,
  export: object({
    name: string(),
    rows: nullable(count),
    bytes: nullable(count),
    sha256: nullable(string()),
    bodies: optional(bodiesSchema),
  }),
  series: list(
    object({
      scenario: string(),
      arm: string(),
      delivery: string(),
      metric: string(),
      over: nullable(string()),
      values: list(quantity),
    }),
  ),
}) satisfies GenericSchema<unknown, Baseline>;

/** What a later run is compared with: the raw values of an earlier one, so that exact bounds can be computed from both. */
export interface Baseline extends Pick<BenchResult, "tool" | "createdAt" | "environment"> {
  readonly schema: "stream-csv.baseline.v1";
  readonly export: {
    readonly name: string;
    readonly rows: number | null;
    readonly bytes: number | null;
    readonly sha256: string | null;
    /** What each delivery or target gave; absent in files of earlier versions, whose rest is that of the first. */
    readonly bodies?: readonly CheckedBody[] | undefined;
  };
  readonly series: readonly MetricValues[];
}

/** The names of two runs in messages. */
export interface RunNames {
  readonly before: string;
  readonly after: string;
}

/** A baseline, and its name in messages. */
export interface NamedBaseline {
  readonly name: string;
  readonly content: Baseline;
}

/**
 * The part of a result that `--save-baseline` keeps.
 * @throws StreamCsvError `SCSV_MEASUREMENT_INVALID` when the run was cut short or can't be trusted
 */
export function baselineOf(result: BenchResult): Baseline {
  const { createdAt, complete, verdict } = result;
  if (!complete || verdict === "invalid") {
    const why = complete ? "can't be trusted" : "was not measured to its end";
    throw new StreamCsvError(
      "SCSV_MEASUREMENT_INVALID",
      `The run of ${createdAt} ${why}, so nothing can be compared with it.`,
      { hint: "Measure again, and use the new file." },
    );
  }
  return asBaseline(result);
}

/** The part of a run that a baseline is made from; the run may still be going on. */
export type MeasuredSoFar = Pick<
  BenchResult,
  "tool" | "createdAt" | "environment" | "config" | "integrity" | "arms" | "rounds"
>;

/** The baseline of a run whose verdict is not known yet. */
export function asBaseline(measured: MeasuredSoFar): Baseline {
  const { tool, createdAt, environment, config, integrity } = measured;
  return {
    schema: baselineFormat,
    tool,
    createdAt,
    environment,
    export: {
      name: nameOfExport(config),
      rows: integrity.rows,
      bytes: integrity.bytes,
      sha256: integrity.sha256,
      ...(integrity.bodies === undefined ? {} : { bodies: integrity.bodies }),
    },
    series: metricValuesOf(measured),
  };
}

/** The name of the export, the file when the export is made from one, or the targets when only they are measured. */
export function nameOfExport({ exportName, sourceFile, targets }: Readonly<Record<string, unknown>>): string {
  if (typeof exportName === "string") return exportName;
  if (typeof sourceFile === "string") return sourceFile;
  const named = safeParse(array(object({ name: string() })), targets);
  return named.success ? named.output.map(({ name }) => name).join(", ") : "";
}

/**
 * Reads the text of a baseline, or of a whole result file, which holds one.
 * @param file named in the message
 * @throws StreamCsvError `SCSV_BAD_RESULT` that says what is wrong
 */
export function parseBaseline(text: string, file: string): Baseline {
  const json = jsonOf(text, file);
  const format = object({ schema: string() });
  const named = safeParse(format, json);
  if (named.success && named.output.schema === resultFormat) return baselineOf(parseResult(text, file));
  const baseline = safeParse(baselineSchema, json);
  if (baseline.success) return baseline.output;
  const [issue] = baseline.issues;
  const place = getDotPath(issue);
  throw new StreamCsvError(
    "SCSV_BAD_RESULT",
    `"${file}" is not a ${baselineFormat}${place === null ? "" : ` at ${place}`}: ${issue.message}.`,
  );
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    // The message of the parser is not shown: it quotes the text, with its line breaks.
    throw new StreamCsvError("SCSV_BAD_RESULT", `"${file}" is not JSON.`, { cause });
  }
}
