import type { DuckDBType } from "@duckdb/node-api";

/** Equal for two types exactly when they are the same, names and types within them and aliases included. */
export function typeKey(type: DuckDBType): string {
  return JSON.stringify(type.toJson());
}
