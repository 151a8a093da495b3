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
  return `WITH q(${names}) AS (\n${sql}\n) SELECT ${list} FROM q${rows === null ? "" : ` LIMIT ${rows}`}`;
}

/** What a column is called in the outer query: a name can be empty or repeated. */
export function columnAlias(place: number): string {
  return `c${place}`;
}
