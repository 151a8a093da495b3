import type { DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { infinity } from "../../csv/iso-time.ts";
import { DayValue, DecimalValue, InstantValue } from "../../csv/value.ts";
import type { DuckDBModule } from "./database.ts";
import { shortestFloat } from "./float32.ts";

/**
 * A value of a list, struct, map, array or union as plain data that JSON can write with nothing lost: structs and maps
 * are `Map`s, which keep the order of their keys whatever they are; bigints, decimals, instants and days stay such;
 * what JSON has no form for is the text DuckDB gives it.
 */
export function nestedValue(duckdb: DuckDBModule, value: DuckDBValue, type: DuckDBType): unknown {
  const inner = (item: DuckDBValue, itemType: DuckDBType): unknown => nestedValue(duckdb, item, itemType);
  if (value === null || typeof value === "boolean" || typeof value === "bigint" || typeof value === "string")
    return value;
  if (typeof value === "number") return numberValue(value, type.typeId === duckdb.DuckDBTypeId.FLOAT);
  if (value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue) {
    const itemType =
      type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType ? type.valueType : type;
    return value.items.map((item) => inner(item, itemType));
  }
  if (value instanceof duckdb.DuckDBStructValue) {
    const names = type instanceof duckdb.DuckDBStructType ? type.entryNames : Object.keys(value.entries);
    return new Map(
      names.map((name, index) => [
        name,
        inner(
          value.entries[name] ?? null,
          type instanceof duckdb.DuckDBStructType ? (type.entryTypes[index] ?? type) : type,
        ),
      ]),
    );
  }
  if (value instanceof duckdb.DuckDBMapValue) {
    const [keyType, valueType] =
      type instanceof duckdb.DuckDBMapType ? [type.keyType, type.valueType] : [type, type];
    return new Map(value.entries.map((entry) => [inner(entry.key, keyType), inner(entry.value, valueType)]));
  }
  if (value instanceof duckdb.DuckDBUnionValue) {
    const memberType = type instanceof duckdb.DuckDBUnionType ? type.memberTypeForTag(value.tag) : type;
    return new Map([[value.tag, inner(value.value, memberType)]]);
  }
  if (value instanceof duckdb.DuckDBVariantValue) return inner(value.value, value.type ?? type);
  return scalarValue(duckdb, value);
}

/** What isn't finite has no number in JSON: its name stands there as a string. */
function numberValue(value: number, isFloat: boolean): number | string {
  if (!Number.isFinite(value)) return String(value);
  return isFloat ? shortestFloat(value) : value;
}

function scalarValue(duckdb: DuckDBModule, value: DuckDBValue): unknown {
  if (value instanceof duckdb.DuckDBDecimalValue) return new DecimalValue(value.value, value.scale);
  if (value instanceof duckdb.DuckDBDateValue) return new DayValue(value.days);
  if (value instanceof duckdb.DuckDBTimestampValue || value instanceof duckdb.DuckDBTimestampTZValue)
    return new InstantValue(value.micros, "us");
  if (value instanceof duckdb.DuckDBTimestampSecondsValue)
    return new InstantValue(millisecondsOf(value.seconds), "ms");
  if (value instanceof duckdb.DuckDBTimestampMillisecondsValue) return new InstantValue(value.millis, "ms");
  if (value instanceof duckdb.DuckDBTimestampNanosecondsValue) return new InstantValue(value.nanos, "ns");
  if (value instanceof duckdb.DuckDBBlobValue || value instanceof duckdb.DuckDBGeometryValue)
    return value.bytes;
  return String(value);
}

/** Seconds as milliseconds; infinities stay. */
export function millisecondsOf(seconds: bigint): bigint {
  return seconds === infinity || seconds === -infinity ? seconds : seconds * 1000n;
}
