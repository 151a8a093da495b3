import type { DuckDBValue } from "@duckdb/node-api";
import { infinity } from "../../csv/iso-time.ts";
import { DayValue, DecimalValue, InstantValue, IntervalValue } from "../../csv/value.ts";
import type { DuckDBModule } from "./database.ts";

/**
 * A value of DuckDB's client that isn't made of others, exact: bigints, decimals, instants, days and intervals stay such;
 * what has no class of ours is the text DuckDB gives it.
 */
export function scalarValue(duckdb: DuckDBModule, value: DuckDBValue): unknown {
  if (value === null || typeof value !== "object") return value;
  if (value instanceof duckdb.DuckDBDecimalValue) return new DecimalValue(value.value, value.scale);
  if (value instanceof duckdb.DuckDBDateValue) return new DayValue(value.days);
  if (value instanceof duckdb.DuckDBTimestampTZValue) return new InstantValue(value.micros, "us", true);
  if (value instanceof duckdb.DuckDBTimestampValue) return new InstantValue(value.micros, "us");
  if (value instanceof duckdb.DuckDBTimestampSecondsValue)
    return new InstantValue(millisecondsOf(value.seconds), "ms");
  if (value instanceof duckdb.DuckDBTimestampMillisecondsValue) return new InstantValue(value.millis, "ms");
  if (value instanceof duckdb.DuckDBTimestampNanosecondsValue) return new InstantValue(value.nanos, "ns");
  if (value instanceof duckdb.DuckDBIntervalValue)
    return new IntervalValue(value.months, value.days, value.micros);
  if ("bytes" in value && value.bytes instanceof Uint8Array) return value.bytes;
  return String(value);
}

/** Seconds as milliseconds; infinities stay. */
export function millisecondsOf(seconds: bigint): bigint {
  return seconds === infinity || seconds === -infinity ? seconds : seconds * 1000n;
}
