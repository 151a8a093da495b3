import type { DuckDBConnection, DuckDBResult, DuckDBType } from "@duckdb/node-api";
import { columnReader, type ColumnReader } from "./column-reader.ts";
import type { DuckDBModule } from "./database.ts";
import { databasesOf, type DatabaseLease } from "./file-databases.ts";
import { leastBytes, type DescribedColumn } from "./duckdb-source.ts";
import type { FileState } from "./file-database.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { publicReader } from "./public-reader.ts";
import { isOutOfMemory } from "./reason.ts";
import { knowsVectors } from "./self-check.ts";

/** What describes a file: a connection to the database of its state. */
export interface Describing {
  readonly duckdb: DuckDBModule;
  readonly lease: DatabaseLease;
  readonly connection: DuckDBConnection;
}

/**
 * Describes a file with the database of its state, and with more memory when DuckDB says that it has too little.
 * A file that was written to or replaced meanwhile isn't described by half of each.
 */
export async function describing<T>(
  duckdb: DuckDBModule,
  state: FileState,
  name: string,
  describe: (describing: Describing) => Promise<T>,
): Promise<T> {
  const lease = await databasesOf(duckdb).lease(state, name, leastBytes);
  try {
    for (;;) {
      const connection = await lease.instance.connect();
      try {
        const description = await describe({ duckdb, lease, connection });
        await lease.guard.checkPath();
        return description;
      } catch (error) {
        if (!isOutOfMemory(error)) {
          lease.retire();
          await lease.guard.checkPath();
          throw error;
        }
      } finally {
        connection.closeSync();
      }
      await lease.grow();
    }
  } finally {
    await lease.release();
  }
}

/** Rows of a statement, values as JSON has them. */
export async function rowsOf(
  { connection }: Describing,
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  const result = await connection.run(sql);
  return await result.getRowsJson();
}

/** Columns of a result, with the names they are to be shown by, and what a Parquet file says of each. */
export async function describedColumns(
  duckdb: DuckDBModule,
  result: DuckDBResult,
  names: readonly string[] = result.columnNames(),
  nodes: readonly ParquetNode[] = [],
): Promise<readonly DescribedColumn[]> {
  const isKnown = await knowsVectors(duckdb);
  return result.columnTypes().map((type, place) => ({
    name: names[place] ?? "",
    reader: readerOf(duckdb, type, nodes[place], isKnown),
  }));
}

function readerOf(
  duckdb: DuckDBModule,
  type: DuckDBType,
  node: ParquetNode | undefined,
  isKnown: boolean,
): ColumnReader {
  const reader = columnReader(duckdb, type, node);
  return isKnown ? reader : publicReader(duckdb, reader, type, node);
}
