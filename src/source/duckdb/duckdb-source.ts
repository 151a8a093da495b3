import { statSync } from "node:fs";
import type { DuckDBInstance } from "@duckdb/node-api";
import { StreamCsvError, wrongRange } from "../../errors.ts";
import type { Source } from "../source.ts";
import { columnReader, type ColumnReader } from "./column-reader.ts";
import { queryRows, sqlName, type DuckDBModule, type HeldDuckDB } from "./database.ts";
import { readRelation } from "./reading.ts";

/** A file, or a table of one, as DuckDB reads it. */
export interface FileRelation {
  readonly kind: string;
  /** What stands behind FROM. */
  readonly from: string;
  /** Whether its rows can be counted without reading them. */
  readonly isCounted: boolean;
}

/** What a source reads from DuckDB. */
export interface DuckDBRelation extends FileRelation {
  readonly name: string;
  readonly path: string;
  /** Called once, when the source is closed. */
  readonly release: () => Promise<void>;
}

interface NamedReader {
  readonly name: string;
  readonly reader: ColumnReader;
}

/**
 * A source that streams a relation of DuckDB's.
 *
 * Rows come in the file's order, in batches of up to 2,048. Memory is bounded by DuckDB's limit for the process and two
 * batches per reading. Each reading has a connection of its own, given back as soon as it ends, fails, is returned or
 * aborted. Infinite floats and NaN are passed on as they are.
 */
export async function openDuckDBSource(held: HeldDuckDB, relation: DuckDBRelation): Promise<Source> {
  const { duckdb, instance } = held;
  const { name, kind, path, from } = relation;
  const columns = await describe(duckdb, instance, from);
  const rowCount = relation.isCounted ? await countRows(instance, from) : null;
  const stops = new Set<() => void>();
  let isClosed = false;
  return {
    name,
    kind,
    columns: columns.map(({ name: column, reader }) => ({ name: column, type: reader.type })),
    rowCount,
    get version() {
      return fileVersion(path);
    },
    read({ signal, rows, columns: places }) {
      const chosen = places === undefined ? columns : places.map((place) => columnAt(columns, place));
      const cells = chosen.map((column) => column.reader.select(sqlName(column.name)));
      return readRelation({
        name,
        instance,
        // Where nothing is selected the table is only counted off.
        select: `SELECT ${[...cells, "false"].join(", ")} FROM ${from}`,
        end: `SELECT ${[...cells.map(() => "NULL"), "true"].join(", ")}`,
        mostRows: rows ?? Number.POSITIVE_INFINITY,
        readers: chosen.map(({ reader }) => reader),
        signal,
        stops,
      });
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const stop of stops) stop();
      await relation.release();
    },
  };
}

async function describe(
  duckdb: DuckDBModule,
  instance: DuckDBInstance,
  from: string,
): Promise<readonly NamedReader[]> {
  const connection = await instance.connect();
  try {
    const result = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
    const types = result.columnTypes();
    return result.columnNames().map((name, index) => {
      const type = types[index];
      if (type === undefined) throw new TypeError(`column ${name} has no type`);
      return { name, reader: columnReader(duckdb, type) };
    });
  } finally {
    connection.closeSync();
  }
}

async function countRows(instance: DuckDBInstance, from: string): Promise<number> {
  const [row] = await queryRows(instance, `SELECT count(*) FROM ${from}`);
  return Number(row?.[0]);
}

function columnAt(columns: readonly NamedReader[], place: number): NamedReader {
  const column = columns[place];
  if (column !== undefined) return column;
  throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
}

/** What changes whenever a file is written or replaced. */
function fileVersion(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new StreamCsvError(
      "SCSV_SOURCE_NOT_FOUND",
      `The file ${JSON.stringify(path)} isn't there any more.`,
    );
  const { mtimeMs, size, ino } = stats;
  return `${mtimeMs}-${size}-${ino}`;
}
