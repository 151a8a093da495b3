import type { ResultReader, ResultColumn } from "./result-reader.ts";

/** The values of one reading, and what makes it known elsewhere. */
export interface QueryBinding {
  /** By name, as PostgreSQL's input functions read them; null for NULL. */
  readonly values: ReadonlyMap<string, string | null>;
  /** What stands in `version` of the source: equal versions mean equal bytes. */
  readonly version: string;
  /** Settings of the transaction, such as those that row security reads. */
  readonly settings?: ReadonlyMap<string, string>;
  /** The parameters whose values settings have, by the settings' names. */
  readonly settingParameters?: ReadonlyMap<string, string>;
}

/** What a reading needs of a description. */
export interface DescribedQuery {
  readonly name: string;
  /** The statement, with positional parameters. */
  readonly sql: string;
  readonly parameters: readonly string[];
  readonly parameterTypes: readonly number[];
  readonly columns: readonly ResultColumn[];
  readonly readers: readonly ResultReader[];
}

/**
 * The query as the rows of a subquery, so that the columns wanted are chosen outside and a second statement is a syntax error. The
 * closing bracket has a line of its own, since the SQL may end with a comment.
 */
export function wrapped(sql: string, columns: string, rows: number | null): string {
  return `SELECT ${columns} FROM (\n${sql}\n) AS q${rows === null ? "" : ` LIMIT ${rows}`}`;
}

/** A name as an identifier (PostgreSQL's manual, section 4.1.1). */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant that means the same whether backslashes are special in strings or not. */
export function quoteLiteral(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}
