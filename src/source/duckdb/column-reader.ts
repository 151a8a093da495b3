// Longer than most, because it is one table: every type of DuckDB, and how its values are read.

import type { DuckDBType, DuckDBVector } from "@duckdb/node-api";
import type { ColumnVector } from "../../csv/batch.ts";
import { addByteLengths, byteTextReader } from "./byte-texts.ts";
import type { DuckDBModule } from "./database.ts";
import { shortestFloat } from "../shortest-float.ts";
import { nestedReader } from "./nested-reader.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { nullsOf, valueMemory, type RowRange } from "./raw-vector.ts";
import { millisecondsOf, scalarValue } from "./scalar-value.ts";
import { typeKey } from "./type-key.ts";

/** A column's type in the description of a source, and its reader. It is chosen once per column. */
export interface ColumnReader {
  /** The type in the description. */
  readonly type: string;
  /** Returns the selected expression, from the column's name in SQL. */
  readonly select: (name: string) => string;
  /** The key of the type that the result must have, so that no value is read as another type. */
  readonly key: string;
  /** The id of that type. Each vector must have it. */
  readonly typeId: number;
  /** Adds the size of each row's cell to the row's number of bytes, if cells of this type can be large. */
  readonly weigh?: (vector: DuckDBVector, sizes: Uint32Array) => void;
  /** Makes a reader for one reading. It reuses the memory of a batch for the next one. */
  readonly open: () => VectorReader;
}

/** Copies rows of a vector, so that DuckDB may reuse its memory. */
export type VectorReader = (vector: DuckDBVector, range: RowRange) => ColumnVector;

/** Whether a vector's type is the expected one, according to DuckDB. */
export function isOfType(vector: DuckDBVector, typeId: number | undefined): boolean {
  const own: number = vector.type.typeId;
  return own === typeId;
}

/** A reader without the type that it is for or casts to. */
export interface ReaderShape {
  readonly type: string;
  readonly select?: (name: string) => string;
  /** The type in the selection, if it is not the column's own. */
  readonly selected?: DuckDBType;
  readonly weigh?: ColumnReader["weigh"];
  readonly open: () => VectorReader;
}

/** Makes the reader of a column of some type from a shape. */
export function readerFor(shape: ReaderShape, type: DuckDBType): ColumnReader {
  const { select = asItIs, selected = type, weigh, ...rest } = shape;
  const checked = { select, key: typeKey(selected), typeId: selected.typeId };
  return weigh === undefined ? { ...rest, ...checked } : { ...rest, ...checked, weigh };
}

/**
 * Returns the reader for a DuckDB type. It is exact and makes no strings or objects if a typed array is enough.
 * @param node the column in a Parquet file's own schema, which has more details than DuckDB reports
 */
export function columnReader(duckdb: DuckDBModule, type: DuckDBType, node?: ParquetNode): ColumnReader {
  return readerFor(shapeFor(duckdb, type, node), type);
}

function shapeFor(duckdb: DuckDBModule, type: DuckDBType, node: ParquetNode | undefined): ReaderShape {
  if (type instanceof duckdb.DuckDBDecimalType) return decimalShape(type.width, type.scale);
  if (type instanceof duckdb.DuckDBEnumType) return enumShape(type.values);
  const name = duckdb.DuckDBTypeId[type.typeId] ?? "";
  if (name === "VARCHAR")
    return type.alias === "JSON" ? textShape(duckdb, "json", "json-text") : textShape(duckdb, "text", "utf8");
  if (name === "BLOB" && node?.isText === true)
    return {
      ...textShape(duckdb, "text", "utf8"),
      select: (column) => `decode(${column})`,
      selected: duckdb.DuckDBVarCharType.instance,
    };
  if (name === "BLOB" || name === "GEOMETRY") return bytesShape(duckdb);
  if (name === "INTERVAL")
    return itemShape("text", (vector, row) => scalarValue(duckdb, vector.getItem(row)));
  if (nestedTypes.has(name)) return itemShape("json", nestedReader(duckdb, type, node));
  if (name === "UUID") return writtenShape(duckdb, "uuid");
  return scalarShapes[name] ?? writtenShape(duckdb, name.startsWith("TIME") ? "time" : "text");
}

/** Types of columns whose values DuckDB writes, and that aren't text: no spreadsheet takes one for a formula or a number. */
export const writtenTypes: ReadonlySet<string> = new Set(["time", "uuid"]);

export const nestedTypes: ReadonlySet<string> = new Set([
  "LIST",
  "STRUCT",
  "MAP",
  "ARRAY",
  "UNION",
  "VARIANT",
]);

const scalarShapes: Readonly<Record<string, ReaderShape>> = {
  BOOLEAN: rawShape("boolean", 1, (buffer) => ({ kind: "boolean", values: new Uint8Array(buffer) })),
  TINYINT: integerShape(1, (buffer) => new Int8Array(buffer)),
  SMALLINT: integerShape(2, (buffer) => new Int16Array(buffer)),
  INTEGER: integerShape(4, (buffer) => new Int32Array(buffer)),
  BIGINT: integerShape(8, (buffer) => new BigInt64Array(buffer)),
  UTINYINT: integerShape(1, (buffer) => new Uint8Array(buffer)),
  USMALLINT: integerShape(2, (buffer) => new Uint16Array(buffer)),
  UINTEGER: integerShape(4, (buffer) => new Uint32Array(buffer)),
  UBIGINT: integerShape(8, (buffer) => new BigUint64Array(buffer)),
  HUGEINT: itemShape("integer", (vector, row) => vector.getItem(row)),
  UHUGEINT: itemShape("integer", (vector, row) => vector.getItem(row)),
  BIGNUM: itemShape("integer", (vector, row) => vector.getItem(row)),
  FLOAT: rawShape("float", 4, (buffer) => ({
    kind: "float",
    isSingle: true,
    values: Float64Array.from(new Float32Array(buffer), shortestFloat),
  })),
  DOUBLE: rawShape("float", 8, (buffer) => ({ kind: "float", values: new Float64Array(buffer) })),
  DATE: rawShape("date", 4, (buffer) => ({ kind: "date", values: new Int32Array(buffer) })),
  TIMESTAMP: timestampShape("us"),
  TIMESTAMP_TZ: timestampShape("us", true),
  TIMESTAMP_NS: timestampShape("ns"),
  TIMESTAMP_MS: timestampShape("ms"),
  TIMESTAMP_S: rawShape("timestamp", 8, (buffer) => ({
    kind: "timestamp",
    unit: "ms",
    values: new BigInt64Array(buffer).map(millisecondsOf),
  })),
};

/** Reads values from DuckDB's own bytes. Nulls are handled separately. */
function rawShape(
  type: string,
  bytesPerValue: number,
  view: (buffer: ArrayBuffer) => ColumnVector,
): ReaderShape {
  return {
    type,
    open() {
      const copyValues = valueMemory(bytesPerValue);
      return (vector, range) => ({ ...view(copyValues(vector, range)), ...nullsOf(vector, range) });
    },
  };
}

function asItIs(name: string): string {
  return name;
}

type IntegerArray = Extract<ColumnVector, { kind: "integer" }>["values"];

function integerShape(bytesPerValue: number, view: (buffer: ArrayBuffer) => IntegerArray): ReaderShape {
  return rawShape("integer", bytesPerValue, (buffer) => ({ kind: "integer", values: view(buffer) }));
}

function timestampShape(unit: "ms" | "us" | "ns", isZoned = false): ReaderShape {
  return rawShape("timestamp", 8, (buffer) => ({
    kind: "timestamp",
    unit,
    isZoned,
    values: new BigInt64Array(buffer),
  }));
}

/** DuckDB stores a decimal in 16, 32, 64 or 128 bits, depending on its width. */
function decimalShape(width: number, scale: number): ReaderShape {
  const bytesPerValue = width <= 4 ? 2 : width <= 9 ? 4 : width <= 18 ? 8 : 16;
  return rawShape(`decimal(${width},${scale})`, bytesPerValue, (buffer) => ({
    kind: "decimal",
    scale,
    unscaled:
      bytesPerValue === 2
        ? new Int16Array(buffer)
        : bytesPerValue === 4
          ? new Int32Array(buffer)
          : bytesPerValue === 8
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

/** All batches share one dictionary, whose last entry means null. DuckDB stores a code in as few bytes as possible. */
function enumShape(values: readonly string[]): ReaderShape {
  const dictionary: readonly (string | null)[] = Object.freeze([...values, null]);
  const nullCode = values.length;
  const bytesPerCode = values.length <= 0xff ? 1 : values.length <= 0xffff ? 2 : 4;
  return {
    type: "text",
    open() {
      const copyValues = valueMemory(bytesPerCode);
      return (vector, range) => {
        const buffer = copyValues(vector, range);
        const stored =
          bytesPerCode === 1
            ? new Uint8Array(buffer)
            : bytesPerCode === 2
              ? new Uint16Array(buffer)
              : new Uint32Array(buffer);
        const { nulls } = nullsOf(vector, range);
        if (nulls === undefined) return { kind: "dictionary", codes: stored, dictionary };
        // The extra code for null may need one bit more than the enum's own width.
        const codes = Uint32Array.from(stored);
        for (let row = 0; row < nulls.length; row += 1) if (nulls[row] === 1) codes[row] = nullCode;
        return { kind: "dictionary", codes, dictionary };
      };
    },
  };
}

function textShape(
  duckdb: DuckDBModule,
  type: "text" | "json" | "time" | "uuid",
  kind: "utf8" | "json-text",
): ReaderShape {
  const isText = !writtenTypes.has(type);
  return {
    type,
    weigh: addByteLengths,
    open() {
      const readTexts = byteTextReader(duckdb);
      return kind === "utf8"
        ? (vector, range) => ({ kind, isText, ...readTexts(vector, range) })
        : (vector, range) => ({ kind, ...readTexts(vector, range) });
    },
  };
}

/** Types that DuckDB converts to text: times, UUIDs, bit strings, which may begin with zeros as texts may. */
function writtenShape(duckdb: DuckDBModule, type: "time" | "uuid" | "text"): ReaderShape {
  return {
    ...textShape(duckdb, type, "utf8"),
    select: (name) => `${name}::VARCHAR`,
    selected: duckdb.DuckDBVarCharType.instance,
  };
}

function bytesShape(duckdb: DuckDBModule): ReaderShape {
  return {
    type: "bytes",
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

/** The cost of a value that DuckDB's client makes, in bytes of text that take as long. */
const itemBytes = 1024;

/** Reads values that are made one by one. */
export function itemShape(type: string, read: (vector: DuckDBVector, row: number) => unknown): ReaderShape {
  return {
    type,
    weigh: (vector, sizes) => {
      for (let row = 0; row < vector.itemCount; row += 1) sizes[row] = (sizes[row] ?? 0) + itemBytes;
    },
    open: () => (vector, range) => ({
      kind: "mixed",
      values: Array.from({ length: range.to - range.from }, (_, index) => read(vector, range.from + index)),
    }),
  };
}
