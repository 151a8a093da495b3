import type { FileEncoding, FileOptions } from "../file-options.ts";
import type { Compression } from "../text-file/open-byte-reader.ts";

/** How a CSV file is read, before it has been looked at. */
export interface CsvSettings {
  readonly path: string;
  readonly compression: Compression | undefined;
  readonly encoding: FileEncoding | undefined;
  /** What an option says. */
  readonly delimiter: string | undefined;
  /** Whether its name ends in `.tsv`. */
  readonly isTabbed: boolean;
  /** −1 where quotes are text. */
  readonly quote: number;
  readonly hasHeader: boolean;
  readonly nullBytes: Uint8Array;
  readonly skipRows: number;
  /** Bytes that are read at a time. */
  readonly blockBytes: number;
}

/** Enough that a read costs little, and little enough that its rows are written within a few milliseconds. */
const usualBlockBytes = 256 * 1024;

/** Settings from options that have been checked. */
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
