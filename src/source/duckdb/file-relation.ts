import { queryRows, sqlName, sqlText, type HeldDuckDB } from "./database.ts";
import type { FileRelation } from "./duckdb-source.ts";

/** A Parquet file; folders named `key=value` around it add no columns. */
export function parquetRelation(_held: HeldDuckDB, path: string): Promise<FileRelation> {
  return Promise.resolve({
    kind: "parquet",
    from: `read_parquet(${pathText(path)}, hive_partitioning=false)`,
    isCounted: true,
  });
}

/**
 * A JSON file: an array of objects or one object after another (`auto`), or an object a line.
 * The whole file is looked at once for its columns, so that none is missed. Strings stay strings, also those that look
 * like dates or UUIDs, which DuckDB would convert.
 */
export function jsonRelation(
  format: "auto" | "newline_delimited",
): (held: HeldDuckDB, path: string) => Promise<FileRelation> {
  return async ({ instance }, path) => {
    const file = `${pathText(path)}, format='${format}', hive_partitioning=false`;
    const described = await queryRows(instance, `DESCRIBE FROM read_json(${file}, sample_size=-1)`);
    const columns = described.map(
      ([name, type]) => `${sqlName(String(name))}: ${sqlText(withoutGuesses(String(type)))}`,
    );
    return { kind: "json", from: `read_json(${file}, columns={${columns.join(", ")}})`, isCounted: false };
  };
}

/** A type in which what JSON has as strings is text; names of fields, which stand between quotes, are left alone. */
function withoutGuesses(type: string): string {
  return type.replaceAll(
    /"(?:[^"]|"")*"|\b(?:TIMESTAMP WITH TIME ZONE|TIMESTAMP\w*|DATE|TIME|UUID)\b/g,
    (found) => (found.startsWith('"') ? found : "VARCHAR"),
  );
}

/** A path as DuckDB's readers take it: they would read `*`, `?` and `[` as patterns. */
function pathText(path: string): string {
  return sqlText(path.replaceAll(/[*?[]/g, "[$&]"));
}
