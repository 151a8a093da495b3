import type { ReadRequest } from "../protocol.ts";

/** A name as SQL has it between quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * A query as the rows of a common table expression, so that columns are chosen by their positions, a second statement is a syntax
 * error, and so is one that writes. The closing bracket has a line of its own, since the SQL may end with a comment.
 */
export function selectFrom(
  sql: string,
  columnCount: number,
  expressions: readonly string[],
  rows: number | null,
): string {
  const names = Array.from({ length: columnCount }, (_, place) => columnAlias(place)).join(", ");
  // If no column is selected, the rows are only counted.
  const list = expressions.length === 0 ? "NULL" : expressions.join(", ");
  const query = unusedName(sql);
  return `WITH ${query}(${names}) AS (\n${sql}\n) SELECT ${list} FROM ${query}${rows === null ? "" : ` LIMIT ${rows}`}`;
}

/** A name that the SQL doesn't have: its tables of the name of the common table expression would be the expression itself. */
function unusedName(sql: string): string {
  const text = sql.toLowerCase();
  let name = "stream_csv_rows";
  while (text.includes(name)) name += "_";
  return name;
}

/**
 * The statement that reads expressions of a request's columns. A table is not read as a common table expression: that needs the
 * collations of all its columns, and one of the program that wrote the database isn't known here.
 */
export function readStatement(request: ReadRequest, expressions: readonly string[]): string {
  const { sql, table, columns, rows } = request;
  if (table === null) return selectFrom(sql, columns.length, expressions, rows);
  const list = expressions.length === 0 ? "NULL" : expressions.join(", ");
  return `SELECT ${list} FROM ${quoteName(table)} AS t${rows === null ? "" : ` LIMIT ${rows}`}`;
}

/** What a column is called in {@link readStatement}. The names of a table's columns are distinct. */
export function columnReference({ table, columns }: ReadRequest, place: number): string {
  return table === null ? columnAlias(place) : `t.${quoteName(columns[place] ?? "")}`;
}

/** What a column is called in the outer query: a name can be empty or repeated. */
export function columnAlias(place: number): string {
  return `c${place}`;
}
