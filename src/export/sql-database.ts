import type { ColumnDescription, Source } from "../source/source.ts";
import type { DeclaredParameter, ParameterValues } from "./declared-parameter.ts";

/** A query to describe. */
export interface SqlQuery {
  /** What it is called in messages. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly DeclaredParameter[];
  /** Settings of the transaction that are known without a request, where the database has them. */
  readonly settings: ReadonlyMap<string, string>;
}

/** What one reading of a query is made with. */
interface SqlBinding {
  readonly values: ParameterValues;
  /** What stands in the source's `version`: equal versions mean equal bytes. */
  readonly version: string;
  /** Settings of the transaction, where the database has them. */
  readonly settings: ReadonlyMap<string, string>;
  /** The parameters whose values settings have, by the settings' names. */
  readonly settingParameters: ReadonlyMap<string, string>;
}

/** A query that its database has checked and described. */
export interface DescribedSql {
  /** Kind of the sources it makes: `postgres`, `sqlite`. */
  readonly kind: string;
  readonly columns: readonly ColumnDescription[];
  /** The parameters that the statement uses. */
  readonly parameters: readonly string[];
  bind(binding: SqlBinding): Source;
}

/** A database whose queries are exported: one implementation for each kind of database. */
export interface SqlDatabase {
  /**
   * Has a query checked and described; no row is read.
   * @throws StreamCsvError `SCSV_QUERY_FAILED` with the database's own words, and what connecting throws
   */
  describe(query: SqlQuery, signal: AbortSignal): Promise<DescribedSql>;
  /** Changes whenever any rows may have changed; absent where nothing tells. */
  version?(): Promise<string>;
  /** Ends its connections; readings under way are aborted. */
  close(): Promise<void>;
}
