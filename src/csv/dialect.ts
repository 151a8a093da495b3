import { requireObject } from "../check-arguments.ts";

/** Which cells are quoted: only those that need it, also every cell of text type, or every cell except nulls. */
export type Quoting = "minimal" | "strings" | "all";

/** How NaN and infinities are written: as an error with row and column, as their names, or as the null marker. */
export type NonFinite = "error" | "text" | "null";

/** What happens to text that a spreadsheet would run as a formula: it is written unchanged, escaped with `'`, or rejected. */
export type Formulas = "allow" | "escape" | "reject";

/**
 * How timestamps are written: `iso` is the form of `toISOString`. `space` has a space instead of the `T`, no zone, and no
 * fraction if it is zero. Spreadsheets read that form as a date: `2026-11-28 14:05:09`.
 */
export type Timestamps = "iso" | "space";

/**
 * How numbers of which a spreadsheet would lose part are written: unchanged, or as a formula, `="00123"`, that gives the text.
 * These are texts with zeros or a plus sign in front (`00123`), with more than 15 digits, or such as `12E4`, and whole numbers
 * of more than 15 digits. Only spreadsheets should read the result: any other reader takes the formula for the text.
 */
export type TextNumbers = "plain" | "formula";

/** The options of a dialect that code, configuration, query strings and flags can set. */
export interface DialectOptions {
  /** One ASCII character between cells. */
  readonly delimiter?: string;
  /** One ASCII character around cells that need quotes. It is doubled inside them. */
  readonly quote?: string;
  /** The end of every row, including the last: `"\n"` or `"\r\n"`. */
  readonly recordDelimiter?: string;
  /** Whether the first row contains the names of the columns. */
  readonly header?: boolean;
  /** Whether the text begins with a UTF-8 byte order mark. */
  readonly bom?: boolean;
  readonly quoting?: Quoting;
  /** The unquoted text for null. Text that equals it is quoted. */
  readonly nullValue?: string;
  /** The character before the fraction of numbers and decimals, `"."` or `","`. Text is not changed. */
  readonly decimalSeparator?: string;
  readonly nonFinite?: NonFinite;
  readonly formulas?: Formulas;
  readonly timestamps?: Timestamps;
  readonly textNumbers?: TextNumbers;
}

interface DialectShape extends Required<DialectOptions> {
  readonly name: string;
  /** The words for false and true. */
  readonly booleans: readonly [string, string];
}

/** How rows become text, with every option set. */
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
  textNumbers: "plain",
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
 * The presets by name. Each is complete, and every option can be overridden.
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
 * Whether a dialect writes values as PostgreSQL's COPY does. COPY has its own dates and floats, quotes an empty text only if
 * the null marker is empty too, quotes a lone `\\.`, and writes a lone null as an empty line.
 */
export function isPostgres(dialect: Dialect): boolean {
  return dialect.name === "postgres";
}

/** The name of a preset. */
export type DialectName = keyof typeof dialects;

/**
 * Returns the media type of a text in a dialect, with its parameters.
 * Text with commas or other delimiters is `text/csv`, whose `header` parameter RFC 4180 defines; text with tabs is
 * `text/tab-separated-values`, which has no such parameter.
 */
export function contentTypeOf(dialect: Dialect): string {
  requireObject("dialect", dialect, "delimiter", "header");
  if (dialect.delimiter === "\t") return "text/tab-separated-values; charset=utf-8";
  return `text/csv; charset=utf-8; header=${dialect.header ? "present" : "absent"}`;
}

/** The extension of a file in a dialect: `.tsv` if the delimiter is a tab, otherwise `.csv`. */
export function fileEndingOf(dialect: Dialect): ".csv" | ".tsv" {
  requireObject("dialect", dialect, "delimiter");
  return dialect.delimiter === "\t" ? ".tsv" : ".csv";
}
