import { basename, extname } from "node:path";
import type { FileEnding } from "../file-endings.ts";
import { guardFile } from "../guarded-file.ts";
import type { Source } from "../source.ts";
import { loadDuckDB, type DuckDBImporter, type DuckDBModule } from "./database.ts";
import { describedColumns, describeFile } from "./description.ts";
import { duckDBSource } from "./duckdb-source.ts";
import { csvRelation, jsonRelation, tsvRelation, type TextRelation } from "./file-relation.ts";
import { openParquet } from "./parquet-file.ts";
import { openTables } from "./tables.ts";

/** What stands behind FROM for a text file, by the file's ending. */
const relations: Readonly<Record<Exclude<FileEnding, ".duckdb" | ".parquet">, TextRelation>> = {
  ".csv": csvRelation,
  ".tsv": tsvRelation,
  ".json": jsonRelation("auto"),
  ".ndjson": jsonRelation("newline_delimited"),
  ".jsonl": jsonRelation("newline_delimited"),
};

/**
 * Opens every source of a file that is there: one, or one per table of a database, and with `table` that one alone.
 * @throws StreamCsvError `SCSV_DUCKDB_MISSING`, and DuckDB's own error when it can't read the file
 */
export async function openFile(
  path: string,
  ending: FileEnding,
  table: string | undefined,
  importer: DuckDBImporter | undefined,
): Promise<readonly Source[]> {
  const duckdb = await loadDuckDB(importer);
  const name = basename(path, extname(path));
  if (ending === ".duckdb") return await openTables(duckdb, path, name, table);
  if (ending === ".parquet") return [await openParquet(duckdb, path, name)];
  return [await openText(duckdb, path, name, relations[ending])];
}

async function openText(
  duckdb: DuckDBModule,
  path: string,
  name: string,
  relation: TextRelation,
): Promise<Source> {
  const guard = await guardFile(path);
  try {
    const state = { path, version: guard.version, isAttached: false };
    const description = await describeFile(duckdb, guard, name, async ({ instance, connection }) => {
      const { kind, from } = await relation({ duckdb, instance }, path);
      const result = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
      return { kind, from, columns: await describedColumns(duckdb, result), rowCount: null };
    });
    return duckDBSource(duckdb, { name, state, ...description });
  } finally {
    await guard.close();
  }
}
