import type { Cast, CastingContext, Options } from "csv-stringify/sync";
import { requireObject } from "../check-arguments.ts";
import { cellText, cellValue, guardedNumber, guardedText, type CellPlace } from "./cell-text.ts";
import { isPostgres, type Dialect } from "./dialect.ts";

/** What the options need besides the dialect. It is read again for every cell. */
export interface StringifyContext {
  /** The names of the columns, in order. */
  readonly columns: readonly string[];
  /** The number of the first record, for messages. @default 1 */
  readonly firstRow?: number;
  /** Called for every cell that was changed to be safe for spreadsheets. */
  readonly onGuarded?: () => void;
}

/**
 * Returns the options with which csv-stringify writes a dialect, from rows that are arrays. Casts turn values into text, and
 * `quoted_match` names the cells that are quoted beyond its own rules. Its `escape_formulas` is not used, because it also
 * prefixes numbers that are held as text.
 */
export function toStringifyOptions(dialect: Dialect, context: StringifyContext): Options {
  requireObject("dialect", dialect, "delimiter", "quoting", "nullValue");
  requireObject("context", context, "columns");
  const cast: Cast<unknown> = (value, at) => {
    const text = cellText(value, dialect, placeOf(at, context));
    if (text === null) return nullCast(dialect, context.columns.length);
    if (text === "") return emptyCast(dialect, dialect.quoting === "all");
    const guarded = guardedNumber(text, value, dialect);
    if (guarded !== text) context.onGuarded?.();
    return textCast(guarded, dialect, context.columns.length);
  };
  const castString: Cast<string> = (text, at) => {
    const guarded = guardedText(text, dialect, placeOf(at, context));
    if (guarded !== text) context.onGuarded?.();
    return textCast(guarded, dialect, context.columns.length);
  };
  // csv-stringify quotes by the type of the original value, but the text of an object must be quoted like text.
  const castObject: Cast<object> = (value, at) => {
    const plain = cellValue(value, placeOf(at, context));
    if (typeof plain !== "string") return cast(plain, at);
    if (plain === "") return emptyCast(dialect, dialect.quoting !== "minimal");
    const text = castString(plain, at);
    return typeof text === "string" && dialect.quoting === "strings" ? { value: text, quoted: true } : text;
  };
  return {
    bom: dialect.bom,
    header: dialect.header && context.columns.length > 0,
    columns: context.columns.map((header, index) => ({ key: String(index), header })),
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    escape: dialect.quote,
    record_delimiter: dialect.recordDelimiter,
    quoted: dialect.quoting === "all",
    quoted_string: dialect.quoting === "strings",
    quoted_match: [quotesEmpty(dialect) ? /^$|[\r\n]/ : /[\r\n]/],
    cast: {
      string: castString,
      number: cast,
      bigint: cast,
      boolean: cast,
      date: cast,
      object: castObject,
      null: cast,
      undefined: cast,
    },
  };
}

/** Only PostgreSQL's dialect leaves an empty text unquoted, if the null marker is another text. */
function quotesEmpty(dialect: Dialect): boolean {
  return !isPostgres(dialect) || dialect.nullValue === "" || dialect.quoting !== "minimal";
}

function placeOf({ index, records, header }: CastingContext, context: StringifyContext): CellPlace {
  const column = context.columns[index] ?? String(index + 1);
  return header ? { column } : { row: (context.firstRow ?? 1) + records, column };
}

/**
 * A text is quoted if it equals the null marker; `quoted_match` covers an empty marker. PostgreSQL's dialect also quotes a
 * text that would be read as the end of the data.
 */
function textCast(text: string, dialect: Dialect, columnCount: number): ReturnType<Cast<unknown>> {
  const isMarker = text !== "" && text === dialect.nullValue;
  const isEnd = isPostgres(dialect) && columnCount === 1 && text === "\\.";
  return isMarker || isEnd ? { value: text, quoted: true } : text;
}

/** An empty text whose value is not a string. */
function emptyCast(dialect: Dialect, isQuoted: boolean): ReturnType<Cast<unknown>> {
  const quotesIt = isQuoted || !isPostgres(dialect) || dialect.nullValue === "";
  return quotesIt ? { value: "", quoted_empty: true } : "";
}

/** A null is not quoted, except alone in its row with an empty marker, because readers skip empty lines. */
function nullCast(dialect: Dialect, columnCount: number): ReturnType<Cast<unknown>> {
  if (dialect.nullValue === "")
    return columnCount === 1 && !isPostgres(dialect) ? { value: "", quoted_empty: true } : null;
  return dialect.quoting === "all" ? { value: dialect.nullValue, quoted: false } : dialect.nullValue;
}
