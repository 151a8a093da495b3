import { requireText } from "../check-arguments.ts";
import { StreamCsvError } from "../errors.ts";
import { didYouMean } from "../similar-name.ts";
import {
  generatedExportNames,
  generatedSource,
  isGeneratedExportName,
  type GeneratedExportName,
} from "../source/synthetic/generated-source.ts";
import { openSource, type OpenOptions } from "../source/open-source.ts";
import type { ColumnDescription, Source } from "../source/source.ts";
import type { DeclaredParameter, ParameterValues } from "./declared-parameter.ts";
import { deliveries, type Delivery } from "./delivery.ts";
import type { ServedFile, ServedSource } from "./served-source.ts";

/** An export: a named, described set of rows that can be asked for as CSV, in one state of its source. */
export interface ExportDefinition {
  readonly name: string;
  /** Shown to people; null where there is none. */
  readonly description: string | null;
  /** Kind of source behind it: `generated`, `parquet`, `csv`, … */
  readonly kind: string;
  /** Null where only the rows tell them. */
  readonly columns: readonly ColumnDescription[] | null;
  /** Rows of an export that is asked for without `rows`; null when unknown. */
  readonly rows: number | null;
  /** What is behind it; null for a generated one, whose rows depend on a seed. */
  readonly served: ServedSource | null;
  /** The parameters it declares itself. */
  readonly parameters: readonly DeclaredParameter[];
  /** The deliveries that may be asked for. */
  readonly deliveries: readonly Delivery[];
  /** What is known of rows that may change at any time; null where the source has a version of its own. */
  readonly live: LiveRows | null;
  /** The rows as a source. A generated source is made for its seed and rows. A file is opened once and shared. */
  source(selection: SourceSelection): Source;
}

/** Rows that may change at any time. */
interface LiveRows {
  /** Tells their version, equal for equal rows; null where each request has rows of its own. */
  readonly version: LiveVersion | null;
  /** Whether a reading keeps a snapshot of a database from being cleaned up, so that a client that stalls is cut. */
  readonly pinsDatabase: boolean;
}

/** Which rows a source is made for. */
export interface SourceSelection {
  readonly seed: number;
  readonly rows: number | null;
  /** Keys of the columns wanted, for an export without known columns. */
  readonly columns: readonly string[] | null;
  /** Values of the parameters that the export declares. */
  readonly values: ParameterValues;
  /** The version of live rows. */
  readonly version: string;
}

/** Tells the version that rows have now. @throws what asking the database throws */
export type LiveVersion = (values: ParameterValues, signal: AbortSignal) => Promise<string>;

/**
 * Opens one export: a generated one by its name, any other by the path of its file. For a DuckDB file it opens the named
 * table, or the only one. `close` closes the file.
 * @throws what opening a file throws
 */
export async function openExport(
  nameOrPath: string,
  options: OpenOptions = {},
): Promise<{ readonly definition: ExportDefinition; readonly close: () => Promise<void> }> {
  requireText("nameOrPath", nameOrPath);
  if (isGeneratedExportName(nameOrPath)) {
    return { definition: generatedExport(nameOrPath), close: () => Promise.resolve() };
  }
  const source = await openSource(nameOrPath, options).catch((error: unknown) => {
    if (!(error instanceof StreamCsvError) || error.code !== "SCSV_SOURCE_UNSUPPORTED") throw error;
    const names = generatedExportNames.join(", ");
    const message = `There is no generated export "${nameOrPath}"; there are ${names}.${didYouMean(nameOrPath, generatedExportNames)} ${error.message}`;
    throw new StreamCsvError("SCSV_UNKNOWN_EXPORT", message, { cause: error, hint: error.hint });
  });
  return {
    definition: fileExport(source, { path: nameOrPath }, source.name),
    close: () => source.close(),
  };
}

/** The export of generated rows that has this name. */
export function generatedExport(name: GeneratedExportName): ExportDefinition {
  const sample = generatedSource(name);
  return {
    name,
    kind: sample.kind,
    columns: sample.columns,
    rows: sample.rowCount,
    description: null,
    served: null,
    parameters: [],
    deliveries,
    live: null,
    source: ({ seed, rows }) => generatedSource(name, rows === null ? { seed } : { seed, rows }),
  };
}

/** The export of a file's source, under a name of its own. */
export function fileExport(source: Source, file: ServedFile, name: string): ExportDefinition {
  const { kind, columns, rowCount } = source;
  return {
    name,
    description: file.description ?? null,
    kind,
    columns,
    rows: rowCount,
    served: file,
    parameters: [],
    deliveries: file.deliveries ?? deliveries,
    live: null,
    source: () => source,
  };
}
