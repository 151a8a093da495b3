import type { DuckDBType } from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import { JsonTextValue, WrittenValue } from "../../csv/value.ts";
import {
  itemShape,
  nestedTypes,
  readerFor,
  writtenTypes,
  type ColumnReader,
  type ReaderShape,
} from "./column-reader.ts";
import type { DuckDBModule } from "./database.ts";
import { asArray, decodedText, isArray, nestedValue } from "./nested-value.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { scalarValue } from "./scalar-value.ts";

/**
 * Makes a reader that uses only the client's public interface. It is several times slower, and meant for clients with an unknown
 * vector layout.
 * @param described the reader that is used otherwise
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` for a struct with a key that such a client loses
 */
export function publicReader(
  duckdb: DuckDBModule,
  described: ColumnReader,
  type: DuckDBType,
  node?: ParquetNode,
): ColumnReader {
  return readerFor({ ...shapeFor(duckdb, type, node, described), type: described.type }, type);
}

function shapeFor(
  duckdb: DuckDBModule,
  type: DuckDBType,
  node: ParquetNode | undefined,
  { type: expected }: ColumnReader,
): ReaderShape {
  const name = duckdb.DuckDBTypeId[type.typeId] ?? "";
  if (name === "VARCHAR")
    return encodedShape(duckdb, (column) => `encode(${column}::VARCHAR)`, type.alias === "JSON");
  if (name === "BLOB" && node?.isText === true) return encodedShape(duckdb, (column) => column, false);
  if (nestedTypes.has(name)) {
    refuseLostKeys(type);
    return {
      ...itemShape(expected, (vector, row) => {
        const value = nestedValue(duckdb, vector.getItem(row), type, node);
        return isArray(duckdb, type) ? asArray(value) : value;
      }),
      // The client drops a byte order mark at the beginning of a text.
      select: (column) =>
        `CASE WHEN contains(${column}::VARCHAR, chr(65279)) THEN error('a nested text holds U+FEFF') ELSE ${column} END`,
    };
  }
  const isWritten = writtenTypes.has(expected);
  if (isWritten || (expected === "text" && name !== "INTERVAL" && name !== "ENUM"))
    return {
      ...itemShape(expected, (vector, row) => {
        const value = vector.getItem(row);
        return isWritten && value !== null ? new WrittenValue(String(value)) : value;
      }),
      select: (column) => `${column}::VARCHAR`,
      selected: duckdb.DuckDBVarCharType.instance,
    };
  if (name === "FLOAT" || name === "DOUBLE")
    return itemShape(expected, (vector, row) => {
      const value = vector.getItem(row);
      return typeof value === "number" && Number.isFinite(value) ? nestedValue(duckdb, value, type) : value;
    });
  return itemShape(expected, (vector, row) => scalarValue(duckdb, vector.getItem(row)));
}

/** Reads text as bytes, which the client returns unchanged. */
function encodedShape(
  duckdb: DuckDBModule,
  select: (column: string) => string,
  isJson: boolean,
): ReaderShape {
  return {
    ...itemShape("text", (vector, row) => {
      const bytes = scalarValue(duckdb, vector.getItem(row));
      if (!(bytes instanceof Uint8Array)) return null;
      const text = decodedText(bytes);
      return isJson ? new JsonTextValue(text) : text;
    }),
    select,
    selected: duckdb.DuckDBBlobType.instance,
  };
}

/** Searches the whole type for the key. */
function refuseLostKeys(type: DuckDBType): void {
  if (!JSON.stringify(type.toJson()).includes('"__proto__"')) return;
  throw new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    'A struct has the key "__proto__", which the installed @duckdb/node-api loses.',
    { hint: "Install a version of @duckdb/node-api from the range that stream-csv names as its peer." },
  );
}
