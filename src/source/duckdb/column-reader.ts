import type { DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { ColumnVector } from "../../csv/batch.ts";
import type { DuckDBModule } from "./database.ts";
import { shortestFloat } from "./float32.ts";
import { millisecondsOf, nestedValue } from "./nested-value.ts";
import { nullsOf, rawValues } from "./raw-vector.ts";
import { mostInlineBytes, ShortTexts } from "./short-texts.ts";

/** How a column is called in the description of a source, and how its vectors are read; chosen once per column. */
export interface ColumnReader {
  readonly type: string;
  /** Copies what the vector holds, so that DuckDB may do with its memory what it likes. */
  readonly read: (vector: DuckDBVector) => ColumnVector;
}

/** The reader for a type of DuckDB's: exact, and without a string or an object where a typed array can do. */
export function columnReader(duckdb: DuckDBModule, type: DuckDBType): ColumnReader {
  if (type instanceof duckdb.DuckDBDecimalType) return decimalReader(type.width, type.scale);
  if (type instanceof duckdb.DuckDBEnumType) return enumReader(type.values);
  const name = duckdb.DuckDBTypeId[type.typeId];
  if (name === "VARCHAR") return textReader(type.alias === "JSON" ? "json" : "text");
  if (nestedTypes.has(name)) return nestedReader(duckdb, type);
  return scalarReaders[name] ?? writtenReader("text");
}

const nestedTypes: ReadonlySet<string> = new Set(["LIST", "STRUCT", "MAP", "ARRAY", "UNION", "VARIANT"]);

const scalarReaders: Readonly<Record<string, ColumnReader>> = {
  BOOLEAN: {
    type: "boolean",
    read: (vector) => ({
      kind: "boolean",
      values: new Uint8Array(rawValues(vector)),
      ...nullsOf(vector),
    }),
  },
  TINYINT: integerReader((buffer) => new Int8Array(buffer)),
  SMALLINT: integerReader((buffer) => new Int16Array(buffer)),
  INTEGER: integerReader((buffer) => new Int32Array(buffer)),
  BIGINT: integerReader((buffer) => new BigInt64Array(buffer)),
  UTINYINT: integerReader((buffer) => new Uint8Array(buffer)),
  USMALLINT: integerReader((buffer) => new Uint16Array(buffer)),
  UINTEGER: integerReader((buffer) => new Uint32Array(buffer)),
  UBIGINT: integerReader((buffer) => new BigUint64Array(buffer)),
  HUGEINT: bigIntegerReader(),
  UHUGEINT: bigIntegerReader(),
  BIGNUM: bigIntegerReader(),
  FLOAT: {
    type: "float",
    read: (vector) => ({
      kind: "float",
      values: Float64Array.from(new Float32Array(rawValues(vector)), shortestFloat),
      ...nullsOf(vector),
    }),
  },
  DOUBLE: {
    type: "float",
    read: (vector) => ({
      kind: "float",
      values: new Float64Array(rawValues(vector)),
      ...nullsOf(vector),
    }),
  },
  DATE: {
    type: "date",
    read: (vector) => ({ kind: "date", values: new Int32Array(rawValues(vector)), ...nullsOf(vector) }),
  },
  TIMESTAMP: timestampReader("us"),
  TIMESTAMP_TZ: timestampReader("us", true),
  TIMESTAMP_NS: timestampReader("ns"),
  TIMESTAMP_MS: timestampReader("ms"),
  TIMESTAMP_S: {
    type: "timestamp",
    read: (vector) => ({
      kind: "timestamp",
      unit: "ms",
      values: new BigInt64Array(rawValues(vector)).map(millisecondsOf),
      ...nullsOf(vector),
    }),
  },
  TIME: writtenReader("time"),
  TIME_NS: writtenReader("time"),
  TIME_TZ: writtenReader("time"),
  BLOB: bytesReader(),
  GEOMETRY: bytesReader(),
};

type IntegerArray = Extract<ColumnVector, { kind: "integer" }>["values"];

function integerReader(view: (buffer: ArrayBuffer) => IntegerArray): ColumnReader {
  return {
    type: "integer",
    read: (vector) => ({ kind: "integer", values: view(rawValues(vector)), ...nullsOf(vector) }),
  };
}

/** Integers of more than 64 bits. */
function bigIntegerReader(): ColumnReader {
  return {
    type: "integer",
    read: (vector) => ({
      kind: "integer",
      values: valuesOf(vector, (value) => (typeof value === "bigint" ? value : 0n)),
      ...nullsOf(vector),
    }),
  };
}

function timestampReader(unit: "ms" | "us" | "ns", isZoned = false): ColumnReader {
  return {
    type: "timestamp",
    read: (vector) => ({
      kind: "timestamp",
      unit,
      isZoned,
      values: new BigInt64Array(rawValues(vector)),
      ...nullsOf(vector),
    }),
  };
}

/** DuckDB keeps a decimal in 16, 32, 64 or 128 bits, by its width. */
function decimalReader(width: number, scale: number): ColumnReader {
  return {
    type: `decimal(${width},${scale})`,
    read(vector) {
      const buffer = rawValues(vector);
      const unscaled =
        width <= 4
          ? new Int16Array(buffer)
          : width <= 9
            ? new Int32Array(buffer)
            : width <= 18
              ? new BigInt64Array(buffer)
              : bigintsOf128Bits(buffer);
      return { kind: "decimal", unscaled, scale, ...nullsOf(vector) };
    },
  };
}

function bigintsOf128Bits(buffer: ArrayBuffer): bigint[] {
  const low = new BigUint64Array(buffer);
  const high = new BigInt64Array(buffer);
  return Array.from(
    { length: low.length / 2 },
    (_, row) => ((high[2 * row + 1] ?? 0n) << 64n) + (low[2 * row] ?? 0n),
  );
}

/** All batches share one dictionary, whose last entry stands for null. */
function enumReader(values: readonly string[]): ColumnReader {
  const dictionary: readonly (string | null)[] = [...values, null];
  const nullCode = values.length;
  return {
    type: "text",
    read(vector) {
      const buffer = rawValues(vector);
      const width = vector.itemCount === 0 ? 1 : buffer.byteLength / vector.itemCount;
      const stored =
        width === 1
          ? new Uint8Array(buffer)
          : width === 2
            ? new Uint16Array(buffer)
            : new Uint32Array(buffer);
      const { nulls } = nullsOf(vector);
      if (nulls === undefined) return { kind: "dictionary", codes: stored, dictionary };
      // A code more than the enum has may need a bit more than the enum's own width.
      const codes = Uint32Array.from(stored, (code, row) => (nulls[row] === 1 ? nullCode : code));
      return { kind: "dictionary", codes, dictionary };
    },
  };
}

function textReader(type: "text" | "json"): ColumnReader {
  const shortTexts = new ShortTexts();
  return {
    type,
    read(vector) {
      const words = new Uint32Array(rawValues(vector));
      const { nulls } = nullsOf(vector);
      const values: (string | null)[] = [];
      for (let row = 0; row < vector.itemCount; row += 1) {
        if (nulls?.[row] === 1) values.push(null);
        else if ((words[4 * row] ?? 0) <= mostInlineBytes) values.push(shortTexts.at(words, row));
        else values.push(longText(vector.getItem(row), words[4 * row + 1] ?? 0));
      }
      return { kind: "text", values };
    },
  };
}

/**
 * A text that DuckDB's client decodes with a decoder that drops a byte order mark at its beginning: it is put back.
 * `firstBytes` are the first four bytes of the text.
 */
function longText(text: Value, firstBytes: number): string {
  const hasMark = (firstBytes & 0xffffff) === 0xbfbbef;
  return `${hasMark ? "\uFEFF" : ""}${String(text)}`;
}

function bytesReader(): ColumnReader {
  return {
    type: "bytes",
    read: (vector) => ({
      kind: "bytes",
      values: valuesOf(vector, (value) =>
        typeof value === "object" && value !== null && "bytes" in value && value.bytes instanceof Uint8Array
          ? value.bytes.slice()
          : null,
      ),
    }),
  };
}

/** Types that are written as DuckDB writes them: times, intervals, UUIDs, bit strings. */
function writtenReader(type: "time" | "text"): ColumnReader {
  return {
    type,
    read: (vector) => ({
      kind: "text",
      values: valuesOf(vector, (value) => (value === null ? null : String(value))),
    }),
  };
}

function nestedReader(duckdb: DuckDBModule, type: DuckDBType): ColumnReader {
  return {
    type: "json",
    read: (vector) => ({
      kind: "mixed",
      values: valuesOf(vector, (value) => nestedValue(duckdb, value, type)),
    }),
  };
}

type Value = ReturnType<DuckDBVector["getItem"]>;

function valuesOf<T>(vector: DuckDBVector, convert: (value: Value, row: number) => T): T[] {
  return Array.from({ length: vector.itemCount }, (_, row) => convert(vector.getItem(row), row));
}
