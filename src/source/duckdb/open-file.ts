import type { DuckDBFileEnding } from "../file-endings.ts";
import type { Source } from "../source.ts";
import { holdDuckDB, releaseDuckDB, type DuckDBImporter, type HeldDuckDB } from "./database.ts";
import { openDuckDBSource, type FileRelation } from "./duckdb-source.ts";
import { parquetRelation } from "./file-relation.ts";
import { openTables } from "./tables.ts";

/** What stands behind FROM for a file, by the file's ending; a database has tables instead. */
const relations: Readonly<
  Record<Exclude<DuckDBFileEnding, ".duckdb">, (held: HeldDuckDB, path: string) => Promise<FileRelation>>
> = {
  ".parquet": parquetRelation,
};

/**
 * Opens every source of a file that is there: one, or one per table of a database, and with `table` that one alone.
 * @throws StreamCsvError `SCSV_DUCKDB_MISSING`, and DuckDB's own error when it can't read the file
 */
export async function openFile(
  path: string,
  ending: DuckDBFileEnding,
  name: string,
  table: string | undefined,
  importer: DuckDBImporter | undefined,
): Promise<readonly Source[]> {
  const held = await holdDuckDB(importer);
  try {
    if (ending === ".duckdb") return await openTables(held, path, name, table);
    const relation = await relations[ending](held, path);
    return [await openDuckDBSource(held, { ...relation, name, path, release: releaseDuckDB })];
  } catch (error) {
    await releaseDuckDB();
    throw error;
  }
}
