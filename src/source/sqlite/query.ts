import { requireText } from "../../check-arguments.ts";
import type { ColumnDescription, Source } from "../source.ts";
import { askReader } from "./ask-reader.ts";
import { boundValue, type SqliteParameter, type SqliteParameterValue } from "./bound-value.ts";
import { columnDescription } from "./column-type.ts";
import { sqliteSource } from "./sqlite-source.ts";
import { withoutTerminator } from "./without-terminator.ts";

/** A query with named parameters, as a configuration has it. */
export interface SqliteQuerySettings {
  /** The export's name. */
  readonly name: string;
  readonly sql: string;
  readonly parameterTypes: ReadonlyMap<string, SqliteParameter>;
}

/** The values of one reading, and what makes it known elsewhere. */
interface SqliteBinding {
  /** By name; a parameter without a value is NULL. */
  readonly values: ReadonlyMap<string, SqliteParameterValue>;
  /** What stands in `version` of the source: equal versions mean equal bytes. */
  readonly version: string;
}

/** A query that SQLite has checked and described; it becomes a source with the values of its parameters. */
export interface SqliteQuery {
  readonly name: string;
  readonly columns: readonly ColumnDescription[];
  /** The parameters of the statement, in the order of their first place. */
  readonly parameters: readonly string[];
  /** A reading has the rows of the moment it begins, whatever was committed since the query was described. */
  bind(binding: SqliteBinding): Source;
}

/**
 * Has a query checked and described by SQLite; no row is read.
 * @throws StreamCsvError `SCSV_QUERY_FAILED` with SQLite's own words: the reader of the message has written the query;
 *   `SCSV_SQLITE_MISSING`, `SCSV_SOURCE_NOT_FOUND`, `SCSV_SOURCE_UNREADABLE`, `SCSV_SOURCE_LOCKED`; the signal's reason when aborted
 */
export async function describeSqliteQuery(
  path: string,
  { name, sql, parameterTypes }: SqliteQuerySettings,
  signal: AbortSignal,
): Promise<SqliteQuery> {
  requireText("path", path);
  const declared = [...parameterTypes.keys()];
  const statement = withoutTerminator(sql);
  const described = await askReader({ kind: "query", path, name, sql: statement, declared }, signal);
  const columns = described.columns.map(columnDescription);
  const { parameters } = described;
  return {
    name,
    columns,
    parameters,
    bind: ({ values, version }) =>
      sqliteSource({
        name,
        path,
        sql: statement,
        table: null,
        columns,
        version,
        values: parameters.map((parameter) =>
          boundValue(
            parameter,
            parameterTypes.get(parameter) ?? { type: "text" },
            values.get(parameter) ?? null,
          ),
        ),
        onBegun: () => Promise.resolve(),
      }),
  };
}
