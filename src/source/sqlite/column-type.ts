import type { DescribedSqliteColumn } from "./protocol.ts";
import type { ColumnDescription } from "../source.ts";

/** From the first to the last: the first that fits counts (https://www.sqlite.org/datatype3.html, section 3.1). */
const affinities: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/INT/i, "integer"],
  [/CHAR|CLOB|TEXT/i, "text"],
  [/BLOB/i, "bytes"],
  [/REAL|FLOA|DOUB/i, "float"],
];

/**
 * The column, with the type that its declaration stands for. In SQLite, a declared type is only a preference: each value has a type
 * of its own, and is written as what it is. Any other declaration, and an expression, is `mixed`.
 */
export function columnDescription({ name, declared }: DescribedSqliteColumn): ColumnDescription {
  const found = affinities.find(([pattern]) => declared !== null && pattern.test(declared));
  return { name, type: found?.[1] ?? "mixed" };
}
