import { wrongRange } from "../../errors.ts";
import type { Source } from "../source.ts";
import type { ColumnReader } from "./column-reader.ts";
import { placeNames, type DuckDBModule } from "./database.ts";
import type { DescribedFile } from "./file-database.ts";
import { databasesOf } from "./file-databases.ts";
import { readRelation } from "./reading.ts";

/** A column's name and reader. */
export interface DescribedColumn {
  readonly name: string;
  readonly reader: ColumnReader;
}

/** A file, or a table in it, that DuckDB reads. */
export interface DuckDBRelation {
  readonly name: string;
  readonly kind: string;
  readonly state: DescribedFile;
  /** The SQL after FROM. */
  readonly from: string;
  /** All columns, in the order of the relation. */
  readonly columns: readonly DescribedColumn[];
  /** Null if it is unknown without reading all rows. */
  readonly rowCount: number | null;
}

/** The memory that a reading reserves at first. More is reserved if it is too little. */
export const leastReservation = 8 * 1024 * 1024;
const bytesPerColumn = 64 * 1024;

/** The memory that a reading or a description of `columnCount` columns reserves at first. */
function firstBytes(columnCount: number): number {
  return Math.max(leastReservation, columnCount * bytesPerColumn);
}

/**
 * A source that streams a relation of DuckDB.
 *
 * The rows are in the file's order, in batches of up to 2,048. Memory is bounded by the budget of all readings in the process
 * and two batches per reading. Each reading has its own connection, which is released as soon as the reading ends, fails, is
 * returned or aborted. Infinite floats and NaN are passed on unchanged.
 */
export function duckDBSource(duckdb: DuckDBModule, relation: DuckDBRelation): Source {
  const { name, kind, state, from, columns, rowCount } = relation;
  const databases = databasesOf(duckdb);
  const stops = new Set<() => Promise<void>>();
  const everyPlace = columns.map((_, place) => place);
  const aliases = placeNames(columns.length);
  // The memory of the widest reading that needed more than the usual.
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
        // If no column is selected, the rows are only counted.
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
  throw wrongRange(`There is no column ${place}. There are ${columns.length}, counted from 0.`);
}
