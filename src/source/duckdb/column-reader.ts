import type { DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { ColumnVector } from "../../csv/batch.ts";
import { addByteLengths, byteTextReader } from "./byte-texts.ts";
import type { DuckDBModule } from "./database.ts";
import { shortestFloat } from "./float32.ts";
import { millisecondsOf, nestedValue } from "./nested-value.ts";
import { nullsOf, valueMemory, type RowRange } from "./raw-vector.ts";

/** How a column is called in the description of a source, and how it is read; chosen once per column. */
export interface ColumnReader {
  readonly type: string;
  /** What is selected, from the column's name in SQL. */
  readonly select: (name: string) => string;
  /** Adds to each row's number of bytes what its cell takes, where that may be much. */
  readonly weigh?: (vector: DuckDBVector, sizes: Uint32Array) => void;
  /** A reader for one reading, which takes the memory of a batch again for the next one. */
  readonly open: () => VectorReader;
}

/** Copies rows of a vector, so that DuckDB may do with its memory what it likes. */
export type VectorReader = (vector: DuckDBVector, range: RowRange) => ColumnVector;

/** The reader for a type of DuckDB's: exact, and without a string or an object where a typed array can do. */
export function columnReader(duckdb: DuckDBModule, type: DuckDBType): ColumnReader {
  if (type instanceof duckdb.DuckDBDecimalType) return decimalReader(type.width, type.scale);
  if (type instanceof duckdb.DuckDBEnumType) return enumReader(type.values);
  const name = duckdb.DuckDBTypeId[type.typeId];
  if (name === "VARCHAR") return textReader(duckdb, type.alias === "JSON" ? "json" : "text");
  if (name === "BLOB" || name === "GEOMETRY") return bytesReader(duckdb);
  if (nestedTypes.has(name)) return nestedReader(duckdb, type);
  return scalarReaders[name] ?? writtenReader(duckdb, name.startsWith("TIME") ? "time" : "text");
}

const nestedTypes: ReadonlySet<string> = new Set(["LIST", "STRUCT", "MAP", "ARRAY", "UNION", "VARIANT"]);

const scalarReaders: Readonly<Record<string, ColumnReader>> = {
  BOOLEAN: rawReader("boolean", (buffer) => ({ kind: "boolean", values: new Uint8Array(buffer) })),
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
  FLOAT: rawReader("float", (buffer) => ({
    kind: "float",
    values: Float64Array.from(new Float32Array(buffer), shortestFloat),
  })),
  DOUBLE: rawReader("float", (buffer) => ({ kind: "float", values: new Float64Array(buffer) })),
  DATE: rawReader("date", (buffer) => ({ kind: "date", values: new Int32Array(buffer) })),
  TIMESTAMP: timestampReader("us"),
  TIMESTAMP_TZ: timestampReader("us", true),
  TIMESTAMP_NS: timestampReader("ns"),
  TIMESTAMP_MS: timestampReader("ms"),
  TIMESTAMP_S: rawReader("timestamp", (buffer) => ({
    kind: "timestamp",
    unit: "ms",
    values: new BigInt64Array(buffer).map(millisecondsOf),
  })),
};

/** Values that are told from the bytes DuckDB keeps them in, nulls apart. */
function rawReader(type: string, view: (buffer: ArrayBuffer) => ColumnVector): ColumnReader {
  return {
    type,
    select: asItIs,
    open() {
      const copyValues = valueMemory();
      return (vector, range) => ({ ...view(copyValues(vector, range)), ...nullsOf(vector, range) });
    },
  };
}

function asItIs(name: string): string {
  return name;
}

type IntegerArray = Extract<ColumnVector, { kind: "integer" }>["values"];

function integerReader(view: (buffer: ArrayBuffer) => IntegerArray): ColumnReader {
  return rawReader("integer", (buffer) => ({ kind: "integer", values: view(buffer) }));
}

/** Integers of more than 64 bits. */
function bigIntegerReader(): ColumnReader {
  return itemReader("integer", (vector, range) => ({
    kind: "integer",
    values: valuesOf(vector, range, (value) => (typeof value === "bigint" ? value : 0n)),
    ...nullsOf(vector, range),
  }));
}

function timestampReader(unit: "ms" | "us" | "ns", isZoned = false): ColumnReader {
  return rawReader("timestamp", (buffer) => ({
    kind: "timestamp",
    unit,
    isZoned,
    values: new BigInt64Array(buffer),
  }));
}

/** DuckDB keeps a decimal in 16, 32, 64 or 128 bits, by its width. */
function decimalReader(width: number, scale: number): ColumnReader {
  return rawReader(`decimal(${width},${scale})`, (buffer) => ({
    kind: "decimal",
    scale,
    unscaled:
      width <= 4
        ? new Int16Array(buffer)
        : width <= 9
          ? new Int32Array(buffer)
          : width <= 18
            ? new BigInt64Array(buffer)
            : bigintsOf128Bits(buffer),
  }));
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
    select: asItIs,
    open() {
      const copyValues = valueMemory();
      return (vector, range) => {
        const buffer = copyValues(vector, range);
        const rowCount = range.to - range.from;
        const width = rowCount === 0 ? 1 : buffer.byteLength / rowCount;
        const stored =
          width === 1
            ? new Uint8Array(buffer)
            : width === 2
              ? new Uint16Array(buffer)
              : new Uint32Array(buffer);
        const { nulls } = nullsOf(vector, range);
        if (nulls === undefined) return { kind: "dictionary", codes: stored, dictionary };
        // A code more than the enum has may need a bit more than the enum's own width.
        const codes = Uint32Array.from(stored);
        for (let row = 0; row < nulls.length; row += 1) if (nulls[row] === 1) codes[row] = nullCode;
        return { kind: "dictionary", codes, dictionary };
      };
    },
  };
}

function textReader(duckdb: DuckDBModule, type: "text" | "json" | "time", select = asItIs): ColumnReader {
  return {
    type,
    select,
    weigh: addByteLengths,
    open() {
      const readTexts = byteTextReader(duckdb);
      return (vector, range) => ({ kind: "utf8", ...readTexts(vector, range) });
    },
  };
}

/** Types that are written as DuckDB writes them, times, intervals, UUIDs, bit strings: it gives them as text. */
function writtenReader(duckdb: DuckDBModule, type: "time" | "text"): ColumnReader {
  return textReader(duckdb, type, (name) => `${name}::VARCHAR`);
}

function bytesReader(duckdb: DuckDBModule): ColumnReader {
  return {
    type: "bytes",
    select: asItIs,
    weigh: addByteLengths,
    open() {
      const readBytes = byteTextReader(duckdb);
      return (vector, range) => {
        const { bytes, starts, ends, nulls } = readBytes(vector, range);
        const values = Array.from({ length: range.to - range.from }, (_, row) =>
          nulls?.[row] === 1 ? null : bytes.subarray(starts[row], ends[row]),
        );
        return { kind: "bytes", values };
      };
    },
  };
}

function nestedReader(duckdb: DuckDBModule, type: DuckDBType): ColumnReader {
  return itemReader("json", (vector, range) => ({
    kind: "mixed",
    values: valuesOf(vector, range, (value) => nestedValue(duckdb, value, type)),
  }));
}

/** What a value that DuckDB's client makes counts for: it takes as long as so many bytes of text. */
const itemBytes = 1024;

/** Values that DuckDB's client makes one by one. */
function itemReader(type: string, read: VectorReader): ColumnReader {
  return {
    type,
    select: asItIs,
    weigh: (vector, sizes) => {
      for (let row = 0; row < vector.itemCount; row += 1) sizes[row] = (sizes[row] ?? 0) + itemBytes;
    },
    open: () => read,
  };
}

type Value = ReturnType<DuckDBVector["getItem"]>;

function valuesOf<T>(vector: DuckDBVector, { from, to }: RowRange, convert: (value: Value) => T): T[] {
  return Array.from({ length: to - from }, (_, index) => convert(vector.getItem(from + index)));
}
