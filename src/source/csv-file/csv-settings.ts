import type { FileEncoding, FileOptions } from "../file-options.ts";
import type { Compression } from "../text-file/open-byte-reader.ts";

/** The settings for reading a CSV file, before any of it is read. */
export interface CsvSettings {
  readonly path: string;
  readonly compression: Compression | undefined;
  readonly encoding: FileEncoding | undefined;
  /** The value of an option. */
  readonly delimiter: string | undefined;
  /** Whether its name ends in `.tsv`. */
  readonly isTabbed: boolean;
  /** −1 if quotes are text. */
  readonly quote: number;
  readonly hasHeader: boolean;
  readonly nullBytes: Uint8Array;
  readonly skipRows: number;
  /** The number of bytes that are read at a time. */
  readonly blockBytes: number;
}

/** What the first record of a file is, for messages. */
export function firstRecordName({ hasHeader }: Pick<CsvSettings, "hasHeader">): "header" | "first record" {
  return hasHeader ? "header" : "first record";
}

/** Large enough that reads cost little, and small enough that its rows are written within a few milliseconds. */
const usualBlockBytes = 256 * 1024;

/** Makes the settings from checked options. */
export function csvSettings(
  path: string,
  ending: ".csv" | ".tsv",
  compression: Compression | undefined,
  options: FileOptions,
  blockBytes: number = usualBlockBytes,
): CsvSettings {
  const { delimiter, quote = '"', header = true, encoding, nullValue = "", skipRows = 0 } = options;
  return {
    path,
    compression,
    encoding,
    delimiter,
    isTabbed: ending === ".tsv",
    quote: quote === null ? -1 : quote.charCodeAt(0),
    hasHeader: header,
    nullBytes: new TextEncoder().encode(nullValue),
    skipRows,
    blockBytes,
  };
}
