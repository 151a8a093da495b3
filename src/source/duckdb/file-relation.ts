import { sqlText, type HeldDuckDB } from "./database.ts";
import type { FileRelation } from "./duckdb-source.ts";

/** A Parquet file; folders named `key=value` around it add no columns. */
export function parquetRelation(_held: HeldDuckDB, path: string): Promise<FileRelation> {
  return Promise.resolve({
    kind: "parquet",
    from: `read_parquet(${pathText(path)}, hive_partitioning=false)`,
    isCounted: true,
  });
}

/** A path as DuckDB's readers take it: they would read `*`, `?` and `[` as patterns. */
function pathText(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, "[$&]"));
}
