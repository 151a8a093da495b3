import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBType } from "@duckdb/node-api";
import { columnReader, type ColumnReader } from "./column-reader.ts";
import type { DuckDBModule } from "./database.ts";
import { databasesOf, type DatabaseLease } from "./file-databases.ts";
import { leastReservation, type DescribedColumn } from "./duckdb-source.ts";
import type { GuardedFile } from "../guarded-file.ts";
import type { DescribedFile } from "./file-database.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { publicReader } from "./public-reader.ts";
import { isInvalidated, isOutOfMemory } from "./reason.ts";
import { knowsVectors } from "./self-check.ts";

/** The connection that describes a file. */
export interface Describing {
  readonly duckdb: DuckDBModule;
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

/** Describes a database file by attaching it, as its readings do. */
export async function describeDatabase<T>(
  duckdb: DuckDBModule,
  state: DescribedFile,
  name: string,
  describe: (describing: Describing) => Promise<T>,
): Promise<T> {
  const lease = await databasesOf(duckdb).lease(state, name, leastReservation);
  return await describeWith(duckdb, lease, describe);
}

/** Describes an open file. If another file's fault breaks the shared database meanwhile, it starts again. */
export async function describeFile<T>(
  duckdb: DuckDBModule,
  guard: GuardedFile,
  name: string,
  describe: (describing: Describing) => Promise<T>,
): Promise<T> {
  for (;;) {
    const lease = await databasesOf(duckdb).leaseForDescription(guard, name, leastReservation);
    try {
      return await describeWith(duckdb, lease, describe);
    } catch (error) {
      if (!isInvalidated(error)) throw error;
    }
  }
}

/**
 * Describes a file, with more memory if DuckDB reports that it has too little. If the file is written to or replaced meanwhile, the
 * description fails, so that it never mixes two states.
 */
async function describeWith<T>(
  duckdb: DuckDBModule,
  lease: DatabaseLease,
  describe: (describing: Describing) => Promise<T>,
): Promise<T> {
  try {
    for (;;) {
      const connection = await lease.instance.connect();
      try {
        const description = await describe({ duckdb, connection, instance: lease.instance });
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

/** Returns the rows of a statement, with values as in JSON. */
export async function rowsOf(
  { connection }: Describing,
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  const result = await connection.run(sql);
  return await result.getRowsJson();
}

/** Returns the columns of a result, with the given names and their nodes in a Parquet file's schema. */
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
