import { requireObject } from "../errors.ts";

/** Which cells are quoted: where it is needed, every cell of text type as well, or every cell but bare nulls. */
export type Quoting = "minimal" | "strings" | "all";

/** What happens to NaN and the infinities: an error naming row and column, their names, or the null marker. */
export type NonFinite = "error" | "text" | "null";

/** What happens to text that a spreadsheet would run: written as it is, made harmless with `'`, or an error. */
export type Formulas = "allow" | "escape" | "reject";

/**
 * How instants are written: as `toISOString` writes them, or with a blank, without a zone and without a fraction of zero,
 * which spreadsheets take for dates: `2026-11-28 14:05:09`.
 */
export type Timestamps = "iso" | "space";

/** What can be set of a dialect, option by option, in code, configuration, query string and flags. */
export interface DialectOptions {
  /** One ASCII character between cells. */
  readonly delimiter?: string;
  /** One ASCII character around cells that need it, doubled inside them. */
  readonly quote?: string;
  /** What ends every row, the last one too: `"\n"` or `"\r\n"`. */
  readonly recordDelimiter?: string;
  /** Whether the first row holds the names of the columns. */
  readonly header?: boolean;
  /** Whether the text begins with the byte order mark of UTF-8. */
  readonly bom?: boolean;
  readonly quoting?: Quoting;
  /** What is written, bare, for null; text that equals it is quoted. */
  readonly nullValue?: string;
  /** Before the fraction of numbers and decimals, never in text: `"."` or `","`. */
  readonly decimalSeparator?: string;
  readonly nonFinite?: NonFinite;
  readonly formulas?: Formulas;
  readonly timestamps?: Timestamps;
}

interface DialectShape extends Required<DialectOptions> {
  readonly name: string;
  /** The words for false and true. */
  readonly booleans: readonly [string, string];
}

/** How rows become text, every option decided; one that holds together is made by `resolveDialect`. */
export interface Dialect extends DialectShape {
  /** The preset it was made from. */
  readonly name: DialectName;
}

const rfc4180 = {
  name: "rfc4180",
  delimiter: ",",
  quote: '"',
  recordDelimiter: "\r\n",
  header: true,
  bom: false,
  quoting: "minimal",
  nullValue: "",
  decimalSeparator: ".",
  nonFinite: "error",
  formulas: "allow",
  timestamps: "iso",
  booleans: ["false", "true"],
} as const satisfies DialectShape;

const excel = {
  ...rfc4180,
  name: "excel",
  bom: true,
  booleans: ["FALSE", "TRUE"],
  formulas: "escape",
  timestamps: "space",
} as const satisfies DialectShape;

/**
 * The presets by name; each is complete, and every option of it can be overridden.
 * @example
 * ```js
 * import { dialects } from "stream-csv";
 *
 * console.log(Object.keys(dialects).join(" "));
 * console.log(dialects["excel-eu"].delimiter, dialects.tsv.recordDelimiter === "\n");
 * ```
 *
 * ```text
 * rfc4180 unix excel excel-eu tsv postgres
 * ; true
 * ```
 */
export const dialects = {
  rfc4180,
  unix: { ...rfc4180, name: "unix", recordDelimiter: "\n" },
  excel,
  "excel-eu": { ...excel, name: "excel-eu", delimiter: ";", decimalSeparator: "," },
  tsv: { ...rfc4180, name: "tsv", delimiter: "\t", recordDelimiter: "\n" },
  postgres: {
    ...rfc4180,
    name: "postgres",
    recordDelimiter: "\n",
    nonFinite: "text",
    timestamps: "space",
    booleans: ["f", "t"],
  },
} as const satisfies Record<string, DialectShape>;

/**
 * Whether a dialect writes values as PostgreSQL's COPY does: its own dates and floats, an empty text quoted only where
 * the null marker is empty too, a lone `\\.` quoted, and a lone null as an empty line.
 */
export function isPostgres(dialect: Dialect): boolean {
  return dialect.name === "postgres";
}

/** The name of a preset. */
export type DialectName = keyof typeof dialects;

/**
 * The media type of a text in a dialect, parameters included.
 * Text with commas or other delimiters is `text/csv`, whose `header` parameter RFC 4180 defines; text with tabs is
 * `text/tab-separated-values`, which has no such parameter.
 */
export function contentTypeOf(dialect: Dialect): string {
  requireObject("dialect", dialect, "delimiter", "header");
  if (dialect.delimiter === "\t") return "text/tab-separated-values; charset=utf-8";
  return `text/csv; charset=utf-8; header=${dialect.header ? "present" : "absent"}`;
}

/** The ending of a file in a dialect, with its dot: `.tsv` where tabs delimit, otherwise `.csv`. */
export function fileEndingOf(dialect: Dialect): ".csv" | ".tsv" {
  requireObject("dialect", dialect, "delimiter");
  return dialect.delimiter === "\t" ? ".tsv" : ".csv";
}
