/** The encodings of text files. A byte order mark takes precedence over the option. */
export const fileEncodings = [
  "utf-8",
  "latin-1",
  "windows-1252",
  "utf-16",
] as const satisfies readonly FileEncoding[];

/** The encoding of a text file. */
export type FileEncoding = "utf-8" | "latin-1" | "windows-1252" | "utf-16";

/**
 * Options for reading a text file. `encoding` is for CSV, TSV and JSON files, all others are only for CSV and TSV files. An
 * option that has no effect on a kind of file is refused when the file is opened.
 */
export interface FileOptions {
  /**
   * The ASCII character between cells.
   * @default a tab for `.tsv`; otherwise the comma, semicolon, tab or vertical bar that the header record contains, or a
   * comma if it contains none
   */
  readonly delimiter?: string;
  /** The ASCII character around quoted cells, or `null` if the file has no quoted cells. @default '"' */
  readonly quote?: string | null;
  /** Whether the first record contains the names of the columns. Otherwise they are `column0`, `column1`, … @default true */
  readonly header?: boolean;
  /** @default the encoding of the byte order mark, or "utf-8" */
  readonly encoding?: FileEncoding;
  /** The text of an unquoted cell that means null, such as `NA` or `\N`. @default "" */
  readonly nullValue?: string;
  /** Lines above the header that are not part of the table. @default 0 */
  readonly skipRows?: number;
}

/**
 * Loads the optional package `@duckdb/node-api`, for programs in which a plain import does not work, such as bundles. Our types
 * do not refer to the package's, so that they are valid without it.
 */
export type DuckDBImporter = () => Promise<unknown>;
