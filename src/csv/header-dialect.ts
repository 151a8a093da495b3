import { isPostgres, type Dialect } from "./dialect.ts";

/** The dialect of the header row. In PostgreSQL's, quoting means FORCE_QUOTE, which does not quote the header row. */
export function headerDialect(dialect: Dialect): Dialect {
  return isPostgres(dialect) ? { ...dialect, quoting: "minimal" } : dialect;
}
