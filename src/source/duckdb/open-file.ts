import type { DuckDBFileEnding } from "../file-endings.ts";
import type { DuckDBImporter } from "../file-options.ts";
import type { Source } from "../source.ts";
import { loadDuckDB } from "./database.ts";
import { openParquet } from "./open-parquet.ts";
import { openTables } from "./open-tables.ts";

/**
 * Opens every source of an existing file: one, or one per table of a database, or only the one that `table` names.
 * @throws StreamCsvError `SCSV_DUCKDB_MISSING`, and DuckDB's own error if it can't read the file
 */
export async function openFile(
  path: string,
  ending: DuckDBFileEnding,
  name: string,
  table: string | undefined,
  importer: DuckDBImporter | undefined,
): Promise<readonly Source[]> {
  const duckdb = await loadDuckDB(importer);
  return ending === ".duckdb"
    ? await openTables(duckdb, path, name, table)
    : [await openParquet(duckdb, path, name)];
}
