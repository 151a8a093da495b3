import type { DuckDBType, DuckDBVector } from "@duckdb/node-api";
import { JsonTextValue } from "../../csv/value.ts";
import type { DuckDBModule } from "./database.ts";
import { asArray, decodedText, isArray, nestedValue } from "./nested-value.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { fieldOf, unknownShape } from "./raw-vector.ts";
import { scalarValue } from "./scalar-value.ts";

/** Returns the value of a vector's row. */
export type ValueReader = (vector: DuckDBVector, row: number) => unknown;

/**
 * Reads lists, structs, maps, arrays and unions as plain data that JSON can represent without loss. Structs and maps become
 * `Map`s, which keep the order of any keys.
 *
 * It reads the nested vectors itself, because the client's own values lose a byte order mark at the beginning of a text, and a
 * struct's key `__proto__`.
 */
export function nestedReader(duckdb: DuckDBModule, type: DuckDBType, node?: ParquetNode): ValueReader {
  const read = valueReader(duckdb, type, node);
  return isArray(duckdb, type) ? (vector, row) => asArray(read(vector, row)) : read;
}

function valueReader(duckdb: DuckDBModule, type: DuckDBType, node: ParquetNode | undefined): ValueReader {
  if (type instanceof duckdb.DuckDBListType)
    return listReader(valueReader(duckdb, type.valueType, node?.item));
  if (type instanceof duckdb.DuckDBArrayType)
    return arrayReader(valueReader(duckdb, type.valueType, node?.item), type.length);
  if (type instanceof duckdb.DuckDBStructType) {
    const { entryNames, entryTypes } = type;
    const fields = node?.fieldsFor(entryNames);
    return structReader(
      fields?.map(({ name }) => name) ?? entryNames,
      entryTypes.map((entryType, index) => valueReader(duckdb, entryType, fields?.[index])),
    );
  }
  if (type instanceof duckdb.DuckDBMapType)
    return mapReader(
      valueReader(duckdb, type.keyType, node?.key),
      valueReader(duckdb, type.valueType, node?.value),
    );
  if (type instanceof duckdb.DuckDBUnionType)
    return unionReader(
      type.memberTags,
      type.memberTypes.map((memberType) => valueReader(duckdb, memberType, undefined)),
    );
  switch (duckdb.DuckDBTypeId[type.typeId]) {
    case "VARCHAR":
      return type.alias === "JSON" ? jsonReader : textItem;
    case "FLOAT":
    case "DOUBLE":
    case "VARIANT":
      return (vector, row) => nestedValue(duckdb, vector.getItem(row), type);
    case "BLOB":
      return node?.isText === true
        ? byteText(duckdb)
        : (vector, row) => scalarValue(duckdb, vector.getItem(row));
    default:
      return (vector, row) => scalarValue(duckdb, vector.getItem(row));
  }
}

function jsonReader(vector: DuckDBVector, row: number): unknown {
  const text = textItem(vector, row);
  return typeof text === "string" ? new JsonTextValue(text) : text;
}

/** The three bytes of a UTF-8 byte order mark, as stored after a text's length. */
const mark = 0xbf_bb_ef;

/** The client's decoder drops a byte order mark at the beginning of a text. The first four bytes are in the row itself. */
function textItem(vector: DuckDBVector, row: number): unknown {
  const text = vector.getItem(row);
  if (typeof text !== "string") return text;
  const view = fieldOf(vector, "dataView");
  if (!(view instanceof DataView)) throw unknownShape(vector);
  const hasMark =
    view.getUint32(16 * row, true) >= 3 && (view.getUint32(16 * row + 4, true) & 0xff_ff_ff) === mark;
  return hasMark ? `\uFEFF${text}` : text;
}

/** Text that DuckDB treats as bytes. */
function byteText(duckdb: DuckDBModule): ValueReader {
  return (vector, row) => {
    const bytes = scalarValue(duckdb, vector.getItem(row));
    return bytes instanceof Uint8Array ? decodedText(bytes) : bytes;
  };
}

function listReader(readItem: ValueReader): ValueReader {
  return (vector, row) => {
    const items = call(vector, "getItemVector", row);
    if (items === null) return null;
    const list = vectorIn(items, vector);
    return Array.from({ length: list.itemCount }, (_, index) => readItem(list, index));
  };
}

function arrayReader(readItem: ValueReader, length: number): ValueReader {
  return (vector, row) => {
    if (!isValid(vector, row)) return null;
    const items = vectorIn(fieldOf(vector, "childData"), vector);
    return Array.from({ length }, (_, index) => readItem(items, row * length + index));
  };
}

function structReader(names: readonly string[], readers: readonly ValueReader[]): ValueReader {
  return (vector, row) => {
    if (!isValid(vector, row)) return null;
    return new Map(names.map((name, index) => [name, readers[index]?.(entryOf(vector, index), row)]));
  };
}

function mapReader(readKey: ValueReader, readValue: ValueReader): ValueReader {
  return (vector, row) => {
    const entries = call(vectorIn(fieldOf(vector, "listVector"), vector), "getItemVector", row);
    if (entries === null) return null;
    const pairs = vectorIn(entries, vector);
    const [keys, values] = [entryOf(pairs, 0), entryOf(pairs, 1)];
    return new Map(
      Array.from({ length: pairs.itemCount }, (_, index) => [readKey(keys, index), readValue(values, index)]),
    );
  };
}

function unionReader(tags: readonly string[], readers: readonly ValueReader[]): ValueReader {
  return (vector, row) => {
    const members = vectorIn(fieldOf(vector, "structVector"), vector);
    const place = entryOf(members, 0).getItem(row);
    if (typeof place !== "number") return null;
    return new Map([[tags[place], readers[place]?.(entryOf(members, place + 1), row)]]);
  };
}

function isValid(vector: DuckDBVector, row: number): boolean {
  const validity = fieldOf(vector, "validity");
  if (typeof validity !== "object" || validity === null) throw unknownShape(vector);
  return call(validity, "itemValid", row) === true;
}

function entryOf(vector: DuckDBVector, index: number): DuckDBVector {
  const entries = fieldOf(vector, "entryVectors");
  return vectorIn(Array.isArray(entries) ? entries[index] : undefined, vector);
}

/** @throws StreamCsvError if a field does not contain a vector */
function vectorIn(value: unknown, owner: DuckDBVector): DuckDBVector {
  if (typeof value === "object" && value !== null && "getItem" in value && "itemCount" in value)
    return value as DuckDBVector;
  throw unknownShape(owner);
}

function call(object: object, method: string, row: number): unknown {
  const found = fieldOf(object, method);
  if (typeof found !== "function")
    throw new TypeError(`the client's ${object.constructor.name} has no ${method}`);
  return found.call(object, row);
}
