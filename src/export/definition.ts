import { requireObject, requireText, StreamCsvError, wrongType } from "../errors.ts";
import {
  generatedExportNames,
  generatedSource,
  isGeneratedExportName,
  type GeneratedExportName,
} from "../source/generated-source.ts";
import { openSource, openSources } from "../source/open-source.ts";
import type { ColumnDescription, Source } from "../source/source.ts";

/** An export: a named, described set of rows that can be asked for as CSV. */
export interface ExportDefinition {
  readonly name: string;
  /** Kind of source behind it: `generated`, `parquet`, `csv`, … */
  readonly kind: string;
  readonly columns: readonly ColumnDescription[];
  /** Rows of an export that is asked for without `rows`; null when unknown. */
  readonly rows: number | null;
  /** The file behind it; null for a generated one. */
  readonly path: string | null;
  /** Whether rows depend on a seed. */
  readonly isSeeded: boolean;
  /** The rows as a source; a generated one is made for its seed and rows, a file is opened once and shared. */
  source(parameters: { readonly seed: number; readonly rows: number | null }): Source;
}

/** The exports a server knows, by name; close it to give back the files it opened. */
export interface Catalogue {
  readonly exports: ReadonlyMap<string, ExportDefinition>;
  close(): Promise<void>;
}

/**
 * Opens files and adds them to the generated exports.
 * @throws StreamCsvError `SCSV_DUPLICATE_EXPORT` when two would have one name, and what opening a file throws
 */
export async function openCatalogue(paths: readonly string[]): Promise<Catalogue> {
  if (!Array.isArray(paths))
    throw wrongType('openCatalogue() takes a list of paths, such as ["flights.parquet"].');
  const exports = new Map<string, ExportDefinition>();
  for (const name of generatedExportNames) exports.set(name, generatedExport(name));
  const opened: Source[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((source) => source.close()));
  };
  try {
    for (const path of paths) {
      for (const source of await openSources(path)) {
        opened.push(source);
        if (exports.has(source.name)) throw duplicate(source.name, path);
        exports.set(source.name, fileExport(source, path));
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { exports, close };
}

/**
 * Opens one export by its name, if it is a generated one, or else by the path of its file, and of a DuckDB file the
 * table that is named or the only one; `close` gives the file back.
 * @throws what opening a file throws
 */
export async function openExport(
  nameOrPath: string,
  options: { readonly table?: string } = {},
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
  return { definition: fileExport(source, nameOrPath), close: () => source.close() };
}

/**
 * The export of that name.
 * @throws StreamCsvError `SCSV_UNKNOWN_EXPORT`, listing the names there are
 */
export function findExport(catalogue: Catalogue, name: string): ExportDefinition {
  requireObject("catalogue", catalogue, "exports");
  requireText("name", name);
  const found = catalogue.exports.get(name);
  if (found !== undefined) return found;
  const names = [...catalogue.exports.keys()].join(", ");
  throw new StreamCsvError("SCSV_UNKNOWN_EXPORT", `There is no export "${name}"; there are ${names}.`);
}

function generatedExport(name: GeneratedExportName): ExportDefinition {
  const sample = generatedSource(name);
  return {
    name,
    kind: sample.kind,
    columns: sample.columns,
    rows: sample.rowCount,
    path: null,
    isSeeded: true,
    source: ({ seed, rows }) => generatedSource(name, rows === null ? { seed } : { seed, rows }),
  };
}

function fileExport(source: Source, path: string): ExportDefinition {
  const { name, kind, columns, rowCount } = source;
  return { name, kind, columns, rows: rowCount, path, isSeeded: false, source: () => source };
}

function duplicate(name: string, path: string): StreamCsvError {
  const message = `"${path}" would be served as "${name}", a name that another source has already.`;
  return new StreamCsvError("SCSV_DUPLICATE_EXPORT", message);
}
