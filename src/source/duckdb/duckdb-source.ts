import { wrongRange } from "../../errors.ts";
import type { Source } from "../source.ts";
import type { ColumnReader } from "./column-reader.ts";
import { placeNames, type DuckDBModule } from "./database.ts";
import type { DescribedFile } from "./file-database.ts";
import { databasesOf } from "./file-databases.ts";
import { readRelation } from "./reading.ts";

/** A column as it is shown, and how it is read. */
export interface DescribedColumn {
  readonly name: string;
  readonly reader: ColumnReader;
}

/** A file, or a table of one, as DuckDB reads it. */
export interface DuckDBRelation {
  readonly name: string;
  readonly kind: string;
  readonly state: DescribedFile;
  /** What stands behind FROM. */
  readonly from: string;
  /** All of its columns, in its order. */
  readonly columns: readonly DescribedColumn[];
  /** Null when it isn't known without reading all rows. */
  readonly rowCount: number | null;
}

/** Memory that a reading reserves at first; it grows when that is too little. */
export const leastReservation = 8 * 1024 * 1024;
const bytesPerColumn = 64 * 1024;

/** What a reading or a description of so many columns reserves at first. */
function firstBytes(columnCount: number): number {
  return Math.max(leastReservation, columnCount * bytesPerColumn);
}

/**
 * A source that streams a relation of DuckDB's.
 *
 * Rows come in the file's order, in batches of up to 2,048. Memory is bounded by the budget of all readings in the process
 * and two batches per reading. Each reading has a connection of its own, given back as soon as it ends, fails, is
 * returned or aborted. Infinite floats and NaN are passed on as they are.
 */
export function duckDBSource(duckdb: DuckDBModule, relation: DuckDBRelation): Source {
  const { name, kind, state, from, columns, rowCount } = relation;
  const databases = databasesOf(duckdb);
  const stops = new Set<() => Promise<void>>();
  const everyPlace = columns.map((_, place) => place);
  const aliases = placeNames(columns.length);
  // What the widest reading that needed more was found to need.
  let known = { columnCount: Number.POSITIVE_INFINITY, bytes: 0 };
  return {
    name,
    kind,
    columns: columns.map(({ name: column, reader }) => ({ name: column, type: reader.type })),
    rowCount,
    version: state.version,
    read({ signal, rows, columns: places = everyPlace }) {
      const readers = places.map((place) => columnAt(columns, place).reader);
      const cells = readers.map((reader, index) => reader.select(`c${places[index]}`));
      const first = firstBytes(readers.length);
      return readRelation({
        name,
        lease: () =>
          databases.lease(
            state,
            name,
            readers.length < known.columnCount ? first : Math.max(first, known.bytes),
          ),
        onReserved: (bytes) => {
          if (bytes > known.bytes) known = { columnCount: readers.length, bytes };
        },
        // Where nothing is selected the table is only counted off.
        select: `SELECT ${[...cells, "false"].join(", ")} FROM ${from} AS t(${aliases.join(", ")})`,
        end: `SELECT ${[...cells.map(() => "NULL"), "true"].join(", ")}`,
        mostRows: rows ?? Number.POSITIVE_INFINITY,
        readers,
        signal,
        stops,
      });
    },
    async close() {
      await Promise.all([...stops].map((stop) => stop()));
      await databases.closeIdle(state);
    },
  };
}

function columnAt(columns: readonly DescribedColumn[], place: number): DescribedColumn {
  const column = columns[place];
  if (column !== undefined) return column;
  throw wrongRange(`There is no column ${place}: there are ${columns.length}, counted from 0.`);
}
