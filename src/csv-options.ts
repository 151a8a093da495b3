import { dialectOptionNames } from "./csv/dialect-text.ts";
import type { Dialect, DialectName, DialectOptions } from "./csv/dialect.ts";
import { resolveDialect, type NamedDialectOptions } from "./csv/resolve-dialect.ts";
import type { ColumnOption } from "./source/row-columns.ts";

/** How rows become text, in one flat object: columns, a dialect, and options that replace the dialect's own. */
export interface CsvOptions extends DialectOptions {
  /**
   * The columns, in order. For objects and sources they are keys, each with another name for the header row if wanted; for arrays
   * they are the names of the cells. @default all columns of a source, else the keys of the first row
   */
  readonly columns?: readonly ColumnOption[];
  /** @default "rfc4180" */
  readonly dialect?: DialectName | NamedDialectOptions;
}

/** The names of all {@link CsvOptions}. */
export const csvOptionNames: readonly (keyof CsvOptions)[] = ["columns", "dialect", ...dialectOptionNames];

/**
 * The dialect that the options describe. Options that don't belong to a dialect are ignored.
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` for an invalid dialect
 */
export function dialectOf(options: CsvOptions): Dialect {
  const overrides = dialectOptionNames.map((name) => [name, options[name]]);
  return resolveDialect(options.dialect, Object.fromEntries(overrides));
}
