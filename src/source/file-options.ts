/** Encodings that text files are read in; a byte order mark always decides by itself. */
export const fileEncodings = [
  "utf-8",
  "latin-1",
  "windows-1252",
  "utf-16",
] as const satisfies readonly FileEncoding[];

/** How the characters of a text file are encoded. */
export type FileEncoding = "utf-8" | "latin-1" | "windows-1252" | "utf-16";

/**
 * How a text file is read: what its bytes can't tell by themselves. `encoding` is for CSV, TSV and JSON files, all others
 * for CSV and TSV files alone; an option that a file's kind has no use for is refused when the file is opened.
 */
export interface FileOptions {
  /**
   * What divides cells, one ASCII character.
   * @default a tab for `.tsv`; else the one of comma, semicolon, tab and vertical bar that the header record holds; a
   * comma where it holds none
   */
  readonly delimiter?: string;
  /** What encloses cells, one ASCII character; `null` where quotes are text like any other. @default '"' */
  readonly quote?: string | null;
  /** Whether the first record names the columns; without it they are `column0`, `column1`, … @default true */
  readonly header?: boolean;
  /** @default "utf-8", or what the byte order mark says */
  readonly encoding?: FileEncoding;
  /** The text of an unquoted cell that is null, such as `NA` or `\N`. @default "" */
  readonly nullValue?: string;
  /** Lines above the header that are not part of the table. @default 0 */
  readonly skipRows?: number;
}

/**
 * How the optional package `@duckdb/node-api` is loaded, where a plain import isn't right: by a bundler's own means, say. Its types stay out
 * of ours, so that ours hold without it.
 */
export type DuckDBImporter = () => Promise<unknown>;
