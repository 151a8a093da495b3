/** What ends a record. */
export type LineEnding = "lf" | "crlf" | "cr";

/** How records are divided into cells: bytes of ASCII. */
export interface CellSyntax {
  readonly delimiter: number;
  /** −1 where quotes are text like any other. */
  readonly quote: number;
}

/** How a file is divided into records and cells, all of it known. */
export interface RecordFormat extends CellSyntax {
  readonly lineEnding: LineEnding;
  /** Cells in every record. */
  readonly columnCount: number;
  /** What an unquoted cell that is null holds. */
  readonly nullBytes: Uint8Array;
}

export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;

/** Whether a byte is a blank that people put before a quote, without meaning it as text. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}
