import { createHash, randomUUID } from "node:crypto";
import type { EncoderName } from "../csv/encoder-name.ts";
import { dialectOptionNames } from "../csv/dialect-text.ts";
import { fileEndingOf, type Dialect, type DialectName, type DialectOptions } from "../csv/dialect.ts";
import { resolveDialect } from "../csv/resolve-dialect.ts";
import { requireObject } from "../check-arguments.ts";
import { toError } from "../errors.ts";
import { didYouMean } from "../similar-name.ts";
import type { ColumnDescription, Source } from "../source/source.ts";
import type { ExportDefinition } from "./definition.ts";
import { fileNameOf } from "./file-name.ts";
import { rowOrigin } from "./row-origin.ts";
import type { ServedSource } from "./served-source.ts";
import type { Delivery } from "./delivery.ts";
import { badParameter, type ExportParameters } from "./parameters.ts";

/** An export with nothing left open: which rows, which columns, in which dialect, under which name. */
export interface ExportPlan {
  readonly name: string;
  readonly delivery: Delivery;
  readonly source: Source;
  /** What is behind it; null for a generated export. */
  readonly served: ServedSource | null;
  /** Whether equal keys mean equal bytes because a database or a time says so, not the bytes of a file. */
  readonly isVersioned: boolean;
  /** The version of live rows; null for the source's own. */
  readonly version: string | null;
  readonly columns: readonly ColumnDescription[];
  /** Whether only the rows tell the columns, so that `columns` is empty. */
  readonly columnsByRows: boolean;
  /** The columns' places in the source; null when it is all of them in their own order. */
  readonly columnIndexes: readonly number[] | null;
  /** Rows to read at the most; null for all there are. */
  readonly rows: number | null;
  /** Rows the export will have; null when that isn't known beforehand. */
  readonly expectedRows: number | null;
  readonly dialect: Dialect;
  readonly encoder: EncoderName;
  readonly filename: string;
  /** Equal for two plans exactly when they give the same bytes (SHA-256, hexadecimal). */
  readonly key: string;
}

const defaultSeed = 1;

/** What a plan is made with beyond the parameters. */
export interface PlanOptions {
  /** Used if the parameters name none. @default "fast" */
  readonly encoder?: EncoderName;
  /** The version of live rows. @default one of its own, equal to no other */
  readonly version?: string | null;
}

/**
 * Checks parameters against an export. Reads nothing from the source.
 * @throws StreamCsvError `SCSV_BAD_PARAMETER` for a column that the export doesn't have, a seed or a delivery it doesn't take, or
 * an invalid dialect
 */
export function planExport(
  definition: ExportDefinition,
  parameters: ExportParameters,
  { encoder = "fast", version: given = null }: PlanOptions = {},
): ExportPlan {
  requireObject("definition", definition, "name", "source", "columns");
  requireObject("parameters", parameters, "delivery", "rows", "seed", "columns", "dialect", "dialectOptions");
  const isSeeded = definition.served === null;
  if (parameters.seed !== null && !isSeeded) {
    throw badParameter(
      "seed",
      `Parameter "seed": "${parameters.seed}" has no use here, since the rows of "${definition.name}" aren't generated; leave it out.`,
    );
  }
  if (!definition.deliveries.includes(parameters.delivery)) {
    throw badParameter(
      "delivery",
      `Parameter "delivery": "${definition.name}" is not delivered as "${parameters.delivery}". Use one of ${definition.deliveries.join(", ")}.`,
    );
  }
  const seed = parameters.seed ?? defaultSeed;
  const version = definition.live !== null ? (given ?? randomUUID()) : null;
  const source = definition.source({
    seed,
    rows: parameters.rows,
    columns: parameters.columns,
    values: parameters.values,
    version: version ?? "",
  });
  // Rows of a program, whose columns aren't known, read the wanted columns by themselves.
  const columnsByRows = definition.columns === null;
  const columnIndexes = columnsByRows
    ? null
    : findColumns(definition.name, definition.columns, parameters.columns);
  const columns =
    columnIndexes === null ? source.columns : columnIndexes.map((index) => source.columns[index]!);
  const dialect = readDialect(parameters);
  const expectedRows =
    source.rowCount === null ? null : Math.min(source.rowCount, parameters.rows ?? Number.POSITIVE_INFINITY);
  return {
    name: definition.name,
    delivery: parameters.delivery,
    source,
    served: definition.served,
    isVersioned: given !== null,
    version,
    columns,
    columnsByRows,
    columnIndexes,
    rows: parameters.rows,
    expectedRows,
    dialect,
    encoder: parameters.encoder ?? encoder,
    filename: (parameters.filename ?? fileNameOf(definition.name)) + fileEndingOf(dialect),
    key: hash([
      definition.name,
      version ?? source.version,
      rowOrigin(definition.served),
      definition.parameters.length === 0 ? null : parameters.values,
      isSeeded ? seed : null,
      expectedRows ?? parameters.rows,
      columnIndexes ?? (columnsByRows ? parameters.columns : null),
      dialect,
    ]),
  };
}

/** Fewest bytes the body can have: every row needs its delimiters and its line ending. 0 when the rows are unknown. */
export function leastBytes(plan: ExportPlan): number {
  return (plan.expectedRows ?? 0) * (plan.columns.length - 1 + plan.dialect.recordDelimiter.length);
}

function findColumns(
  exportName: string,
  columns: readonly ColumnDescription[],
  names: readonly string[] | null,
): readonly number[] | null {
  if (names === null) return null;
  // From the last to the first, so that the first of several columns with one name is found.
  const indexes = new Map(columns.map(({ name }, index) => [name, index] as const).toReversed());
  return names.map((name) => {
    const index = indexes.get(name);
    if (index !== undefined) return index;
    const known = columns.map((column) => column.name);
    throw badParameter(
      "columns",
      `Parameter "columns": "${exportName}" has no column "${name}"; it has ${known.join(", ")}.${didYouMean(name, known)}`,
    );
  });
}

function readDialect(parameters: ExportParameters): Dialect {
  const { dialect, dialectOptions } = parameters;
  try {
    return resolveDialect(dialect, dialectOptions);
  } catch (error) {
    const parameter = overrideAtFault(dialect, dialectOptions);
    throw badParameter(parameter, `Parameter "${parameter}": ${toError(error).message}`, error);
  }
}

/** The last override without which the dialect is valid. If several are wrong, the first one that is wrong by itself. */
function overrideAtFault(name: DialectName, options: DialectOptions): string {
  const names = dialectOptionNames.filter((option) => options[option] !== undefined);
  const isWhole = (chosen: readonly (keyof DialectOptions)[]): boolean => {
    try {
      resolveDialect(name, Object.fromEntries(chosen.map((option) => [option, options[option]])));
      return true;
    } catch {
      // The caller has the reason already. This finds the override that causes it.
      return false;
    }
  };
  return (
    names.findLast((option) => isWhole(names.filter((other) => other !== option))) ??
    names.find((option) => !isWhole([option])) ??
    "dialect"
  );
}

function hash(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
