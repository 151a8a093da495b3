import { dialectOptionNames } from "./csv/dialect-text.ts";
import type { Dialect, DialectName, DialectOptions } from "./csv/dialect.ts";
import { resolveDialect, type NamedDialectOptions } from "./csv/resolve-dialect.ts";
import type { ColumnOption } from "./source/row-columns.ts";

/** How rows become text, in one flat object: columns, a dialect, and options that replace the dialect's own. */
export interface CsvOptions extends DialectOptions {
  /**
   * Which columns, in order: the keys of objects or of a source, with other names for the header row where wanted; the
   * names of the cells where rows are arrays. @default all of the source, or those of the first row
   */
  readonly columns?: readonly ColumnOption[];
  /** @default "rfc4180" */
  readonly dialect?: DialectName | NamedDialectOptions;
}

/** The names of all {@link CsvOptions}. */
export const csvOptionNames: readonly (keyof CsvOptions)[] = ["columns", "dialect", ...dialectOptionNames];

/**
 * The dialect that options describe; other options among them are left alone.
 * @throws RangeError `SCSV_ARG_RANGE` and TypeError `SCSV_ARG_TYPE` for one that can't be
 */
export function dialectOf(options: CsvOptions): Dialect {
  const overrides = dialectOptionNames.map((name) => [name, options[name]]);
  return resolveDialect(options.dialect, Object.fromEntries(overrides));
}
