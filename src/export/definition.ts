import { requireText, StreamCsvError } from "../errors.ts";
import {
  generatedExportNames,
  generatedSource,
  isGeneratedExportName,
  type GeneratedExportName,
} from "../source/synthetic/generated-source.ts";
import { openSource, type OpenOptions } from "../source/open-source.ts";
import type { ColumnDescription, Source } from "../source/source.ts";

/** An export: a named, described set of rows that can be asked for as CSV, in one state of its source. */
export interface ExportDefinition {
  readonly name: string;
  /** Kind of source behind it: `generated`, `parquet`, `csv`, … */
  readonly kind: string;
  readonly columns: readonly ColumnDescription[];
  /** Rows of an export that is asked for without `rows`; null when unknown. */
  readonly rows: number | null;
  /** The file behind it; null for a generated one. */
  readonly file: ServedFile | null;
  /** Whether rows depend on a seed. */
  readonly isSeeded: boolean;
  /** The rows as a source. A generated source is made for its seed and rows. A file is opened once and shared. */
  source(parameters: { readonly seed: number; readonly rows: number | null }): Source;
}

/** A file whose rows are exported, and how it is read. Plain data. */
export interface ServedFile extends Omit<OpenOptions, "table" | "importer"> {
  readonly path: string;
  /** What its exports are called in place of the file's name without folder and ending. */
  readonly name?: string;
}

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
    const message = `There is no generated export "${nameOrPath}"; there are ${names}. ${error.message}`;
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
    file: null,
    isSeeded: true,
    source: ({ seed, rows }) => generatedSource(name, rows === null ? { seed } : { seed, rows }),
  };
}

/** The export of a file's source, under a name of its own. */
export function fileExport(source: Source, file: ServedFile, name: string): ExportDefinition {
  const { kind, columns, rowCount } = source;
  return { name, kind, columns, rows: rowCount, file, isSeeded: false, source: () => source };
}
