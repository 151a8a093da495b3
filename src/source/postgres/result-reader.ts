// Long because every type of PostgreSQL that has a vector of its own is read here, in one table.

import type { ColumnVector, NullMask } from "../../csv/batch.ts";
import { shortestFloat } from "../shortest-float.ts";
import { ColumnMemory, type ColumnReading } from "./column-memory.ts";
import { decimals } from "./numeric.ts";
import { wrongWidth, type RowFields } from "./row-fields.ts";
import { jsonTexts, numberTexts, textFields } from "./text-fields.ts";
import { instants, int8s } from "./wide-integers.ts";

/** A column of a result, as PostgreSQL describes it. */
export interface ResultColumn {
  readonly name: string;
  /** OID of its type, that of a domain's base type. */
  readonly typeId: number;
  /** `atttypmod`: precision and scale of a numeric; −1 where there is none. */
  readonly modifier: number;
}

/** What is known of a type that this file has no reader for; see `pg_type`. */
export interface OtherType {
  readonly name: string;
  /** `typcategory`: S for strings, E for enums, V for bit strings, U for user-defined ones, …; an extension may have letters of its own */
  readonly category: string;
}

/** How a column comes over the wire and becomes a vector. */
export interface ResultReader {
  /** What a description of the source calls the type. */
  readonly type: string;
  /** Whether its values come in PostgreSQL's binary format, or as its output function writes them. */
  readonly isBinary: boolean;
  /** Begins a reading of the column. */
  start(): ColumnReading;
}

/** OIDs of types, which are the same in every PostgreSQL (`pg_type.dat`). */
const typeIds = {
  boolean: 16,
  bytes: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  unknown: 705,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  time: 1083,
  timestamp: 1114,
  timestamptz: 1184,
  interval: 1186,
  timetz: 1266,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

const daysTo2000 = 10_957;

const readers: ReadonlyMap<number, ResultReader> = new Map<number, ResultReader>([
  [
    typeIds.int2,
    fixed(
      "integer",
      2,
      (rows) => new Int16Array(rows),
      (view, at) => view.getInt16(at),
      integers,
    ),
  ],
  [
    typeIds.int4,
    fixed(
      "integer",
      4,
      (rows) => new Int32Array(rows),
      (view, at) => view.getInt32(at),
      integers,
    ),
  ],
  [
    typeIds.oid,
    fixed(
      "integer",
      4,
      (rows) => new Uint32Array(rows),
      (view, at) => view.getUint32(at),
      integers,
    ),
  ],
  [typeIds.int8, { type: "integer", isBinary: true, start: int8s }],
  [
    typeIds.float8,
    fixed(
      "float",
      8,
      (rows) => new Float64Array(rows),
      (view, at) => view.getFloat64(at),
      floats,
    ),
  ],
  [
    typeIds.float4,
    fixed(
      "float",
      4,
      (rows) => new Float64Array(rows),
      (view, at) => shortestFloat(view.getFloat32(at)),
      (values, nulls) => ({ kind: "float", values, isSingle: true, ...nulls }),
    ),
  ],
  [
    typeIds.boolean,
    fixed(
      "boolean",
      1,
      (rows) => new Uint8Array(rows),
      (view, at) => view.getUint8(at),
      (values, nulls) => ({ kind: "boolean", values, ...nulls }),
    ),
  ],
  [
    typeIds.date,
    fixed(
      "date",
      4,
      (rows) => new Int32Array(rows),
      (view, at) => toUnixDay(view.getInt32(at)),
      (values, nulls) => ({ kind: "date", values, ...nulls }),
    ),
  ],
  [typeIds.timestamp, { type: "timestamp", isBinary: true, start: () => instants(false) }],
  [typeIds.timestamptz, { type: "timestamp", isBinary: true, start: () => instants(true) }],
  [typeIds.bytes, { type: "bytes", isBinary: true, start: () => readBytes }],
  ...[typeIds.text, typeIds.varchar, typeIds.bpchar, typeIds.char, typeIds.name, typeIds.unknown].map(
    (id) => [id, texts("text", true)] as const,
  ),
  [typeIds.uuid, texts("uuid", false)],
  [typeIds.time, texts("time", false)],
  [typeIds.timetz, texts("time", false)],
  [typeIds.interval, texts("interval", false)],
  [typeIds.json, { type: "json", isBinary: false, start: jsonTexts }],
  [typeIds.jsonb, { type: "json", isBinary: false, start: jsonTexts }],
]);

/** Categories of types whose values can't begin a formula, or are numbers or dates, with which it's none. */
const harmlessCategories = /^[ABCDGINPRTZ]$/;
/** Other types of these: the text of a value of any type, a pseudo-type (P), and operators such as `=`, which count as numbers (N). */
const textNames = new Set(["cstring", "regoper", "regoperator"]);
/** Types of the category "user-defined" like these. */
const harmlessNames = new Set([
  "macaddr",
  "macaddr8",
  "pg_lsn",
  "tid",
  "xid",
  "xid8",
  "cid",
  "txid_snapshot",
]);

/** The reader of a column; `undefined` where more has to be known of its type, by `otherReader`. */
export function resultReaderOf({ typeId, modifier }: ResultColumn): ResultReader | undefined {
  return typeId === typeIds.numeric ? numericReader(modifier) : readers.get(typeId);
}

/** Reads a type without a reader of its own as its output function writes it, so that no type is ever unknown. */
export function otherReader({ name, category }: OtherType): ResultReader {
  // Bit strings (V) may begin with zeros, as texts may.
  const isText = textNames.has(name) || !(harmlessCategories.test(category) || harmlessNames.has(name));
  return texts(category === "S" || category === "E" ? "text" : name, isText);
}

/** A numeric of at most 18 digits is held as an integer of 64 bits; a larger one, or one without a limit, as text. */
function numericReader(modifier: number): ResultReader {
  if (modifier >= 4) {
    const precision = ((modifier - 4) >> 16) & 0xff_ff;
    // 11 bits with a sign since PostgreSQL 15, which allows scales below 0 and above the precision.
    const scale = (((modifier - 4) & 0x7_ff) ^ 1024) - 1024;
    if (precision <= 18 && scale >= 0 && scale <= precision)
      return {
        type: `decimal(${precision},${scale})`,
        isBinary: true,
        start: () => decimals(precision, scale),
      };
  }
  return { type: "decimal", isBinary: false, start: numberTexts };
}

/** Reads values of one width, each by itself, into a typed array. */
function fixed<A extends { [index: number]: number; readonly length: number }>(
  type: string,
  width: number,
  make: (rows: number) => A,
  value: (view: DataView, at: number) => number,
  vector: (values: A, nulls: { readonly nulls?: NullMask }) => ColumnVector,
): ResultReader {
  return {
    type,
    isBinary: true,
    start: () => {
      const memory = new ColumnMemory(make, (values, _bytes, nulls) => vector(values, nulls));
      return (fields, column) => {
        const { view, rows, columns, starts, ends, nulls } = fields;
        const values = memory.values(rows);
        for (let row = 0, field = column; row < rows; row += 1, field += columns) {
          if (nulls[field] === 1) continue;
          const at = starts[field] ?? 0;
          if ((ends[field] ?? 0) - at !== width) throw wrongWidth(type, width, (ends[field] ?? 0) - at);
          values[row] = value(view, at);
        }
        return memory.vector(fields, column);
      };
    },
  };
}

function integers(
  values: Int16Array | Int32Array | Uint32Array,
  nulls: { readonly nulls?: NullMask },
): ColumnVector {
  return { kind: "integer", values, ...nulls };
}

function floats(values: Float64Array, nulls: { readonly nulls?: NullMask }): ColumnVector {
  return { kind: "float", values, ...nulls };
}

function toUnixDay(day: number): number {
  if (day === 2 ** 31 - 1) return day;
  return day === -(2 ** 31) ? day + 1 : day + daysTo2000;
}

function readBytes({ bytes, rows, columns, starts, ends, nulls }: RowFields, column: number): ColumnVector {
  const values: (Uint8Array | null)[] = [];
  for (let row = 0, field = column; row < rows; row += 1, field += columns)
    values.push(nulls[field] === 1 ? null : bytes.subarray(starts[field], ends[field]));
  return { kind: "bytes", values };
}

function texts(type: string, isText: boolean): ResultReader {
  return { type, isBinary: false, start: () => textFields(isText) };
}
