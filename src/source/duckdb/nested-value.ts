import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { ArrayValue, JsonTextValue, SingleValue } from "../../csv/value.ts";
import type { DuckDBModule } from "./database.ts";
import { shortestFloat } from "../shortest-float.ts";
import type { ParquetNode } from "./parquet-schema.ts";
import { scalarValue } from "./scalar-value.ts";

/**
 * Converts a value of the client's public interface to plain data that JSON can represent. Structs and maps become `Map`s, which
 * keep the order of any keys. The client has already lost a byte order mark at the beginning of a text, and a struct's key
 * `__proto__`.
 */
export function nestedValue(
  duckdb: DuckDBModule,
  value: DuckDBValue,
  type: DuckDBType,
  node?: ParquetNode,
): unknown {
  if (value === null) return null;
  if (typeof value === "number")
    return type.typeId === duckdb.DuckDBTypeId.FLOAT ? singleValue(value) : finiteValue(value);
  if (typeof value === "string") return type.alias === "JSON" ? new JsonTextValue(value) : value;
  if (typeof value !== "object") return value;
  if (value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue) {
    const itemType =
      type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType ? type.valueType : type;
    return value.items.map((item) => nestedValue(duckdb, item, itemType, node?.item));
  }
  if (value instanceof duckdb.DuckDBStructValue) {
    const isTyped = type instanceof duckdb.DuckDBStructType;
    const names = isTyped ? type.entryNames : Object.keys(value.entries);
    const fields = node?.fieldsFor(names);
    return new Map(
      names.map((name, index) => [
        fields?.[index]?.name ?? name,
        nestedValue(
          duckdb,
          value.entries[name] ?? null,
          isTyped ? (type.entryTypes[index] ?? type) : type,
          fields?.[index],
        ),
      ]),
    );
  }
  if (value instanceof duckdb.DuckDBMapValue) {
    const [keyType, valueType] =
      type instanceof duckdb.DuckDBMapType ? [type.keyType, type.valueType] : [type, type];
    return new Map(
      value.entries.map((entry) => [
        nestedValue(duckdb, entry.key, keyType, node?.key),
        nestedValue(duckdb, entry.value, valueType, node?.value),
      ]),
    );
  }
  if (value instanceof duckdb.DuckDBUnionValue) {
    const memberType = type instanceof duckdb.DuckDBUnionType ? type.memberTypeForTag(value.tag) : type;
    return new Map([[value.tag, nestedValue(duckdb, value.value, memberType)]]);
  }
  // Older clients have no variants.
  if ("DuckDBVariantValue" in duckdb && value instanceof duckdb.DuckDBVariantValue)
    return nestedValue(duckdb, value.value, value.type ?? type);
  const scalar = scalarValue(duckdb, value);
  return node?.isText === true && scalar instanceof Uint8Array ? decodedText(scalar) : scalar;
}

/** Whether a type is a list of scalars, such as a database's array. */
export function isArray(duckdb: DuckDBModule, type: DuckDBType): boolean {
  if (!(type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType)) return false;
  const name = duckdb.DuckDBTypeId[type.valueType.typeId] ?? "";
  return !/^(?:LIST|ARRAY|STRUCT|MAP|UNION|VARIANT)$/.test(name) && type.valueType.alias !== "JSON";
}

/** Returns the value of a type for which {@link isArray} is true. */
export function asArray(items: unknown): unknown {
  return Array.isArray(items) ? new ArrayValue(items) : items;
}

/** JSON has no number for NaN and infinities, so their names are written as strings. */
function finiteValue(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A 32-bit number. Databases distinguish it from a 64-bit one. */
function singleValue(value: number): SingleValue | string {
  return Number.isFinite(value) ? new SingleValue(shortestFloat(value)) : String(value);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** @throws TypeError for bytes that are not UTF-8 */
export function decodedText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
