import type { StreamCsvError } from "../../errors.ts";
import { unreadableFile } from "../text-file/unreadable-file.ts";
import { nameOfCharacter } from "./characters.ts";
import type { firstRecordName } from "./csv-settings.ts";
import type { LineEnding, RecordFormat } from "./record-format.ts";
import { countLineBreaks, scanRecord, type RecordFault, type ScannedRecord } from "./scan-record.ts";

/** Bytes a record may take, its line ending included: it is held whole. */
export const mostRecordBytes = 32 * 1024 * 1024;

/** Where a record lies: among bytes that are there, and in which line of the file it begins, counted from 1. */
export interface RecordPlace {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly line: number;
}

const endingNames: Readonly<Record<LineEnding, string>> = {
  lf: "a line feed (LF)",
  crlf: "a carriage return and a line feed (CRLF)",
  cr: "a carriage return (CR)",
};

const quotesAreText =
  "Quotes enclose cells, in .tsv files too; where they are text like any other, say so with --quote-in none (in code: quote: null).";

const backslash = 0x5c;

const backslashIsText =
  'A backslash before a quote is text like any other, and does not keep the quote from closing the cell. Write a quote within a cell twice (""), as RFC 4180 says.';

const faultTexts: Readonly<Record<RecordFault, (cell: string) => string>> = {
  "open quote": (cell) => `a quote opens ${cell} and isn't closed up to the end of the file`,
  "text after quote": (cell) => `text stands behind the closing quote of ${cell}`,
  "blanks before quote": (cell) =>
    `${cell} begins with a blank before its quote, which readers take for text or pass over as they like`,
};

/** The fault of a record whose quotes aren't in order. */
export function quoteFault(
  { path, bytes, from, line }: RecordPlace,
  fault: RecordFault,
  cell: number,
  at: number,
): StreamCsvError {
  const faultLine = line + countLineBreaks(bytes, from, at);
  return unreadableFile(
    path,
    `is not CSV: in line ${faultLine}, ${faultTexts[fault](`cell ${cell + 1}`)}`,
    fault === "text after quote" && bytes[at - 2] === backslash ? backslashIsText : quotesAreText,
  );
}

/** The fault of a record that is longer than any may be. */
export function tooLongFault(
  { path, bytes, from, to, line }: RecordPlace,
  format: Pick<RecordFormat, "delimiter" | "quote">,
): StreamCsvError {
  const scanned = scanRecord(bytes, from, to, false, format);
  const open = scanned.outcome === "incomplete" ? scanned.openQuote : undefined;
  return unreadableFile(
    path,
    `has a record of more than ${mostRecordBytes / 1024 ** 2} MiB: it begins in line ${line}${
      open === undefined
        ? ""
        : `, and a quote opens in line ${line + countLineBreaks(bytes, from, open)} that isn't closed`
    }`,
    open === undefined ? "Check that the file is CSV at all." : quotesAreText,
  );
}

/** What is known of the header when its rows don't fit it. */
export interface HeaderFacts {
  /** Whether it holds none of the usual delimiters, and none was given. */
  readonly isUndelimited: boolean;
  readonly firstRecord: ReturnType<typeof firstRecordName>;
}

/**
 * What is wrong with a record that a {@link CellScanner} has stopped at; `isEnd` says that nothing follows it. Undefined when
 * not all of it is there.
 */
export function recordFault(
  place: RecordPlace,
  isEnd: boolean,
  format: RecordFormat,
  header: HeaderFacts,
): StreamCsvError | undefined {
  const { path, bytes, from, to, line } = place;
  const scanned = scanRecord(bytes, from, to, isEnd, format);
  switch (scanned.outcome) {
    case "fault":
      return quoteFault(place, scanned.fault, scanned.cell, scanned.at);
    case "record": {
      if (scanned.cellCount !== format.columnCount) return widthFault(place, scanned, format, header);
      const { lineEnding = format.lineEnding } = scanned;
      const lastLine = line + countLineBreaks(bytes, from, scanned.end) - 1;
      return unreadableFile(
        path,
        `has mixed line endings: line ${lastLine} ends with ${endingNames[lineEnding]}, the ${header.firstRecord} with ${endingNames[format.lineEnding]}`,
        "Write it with one kind of line ending throughout; within a quoted cell any kind is text.",
      );
    }
    case "incomplete":
    default:
      return undefined;
  }
}

type RecordCells = Pick<Extract<ScannedRecord, { outcome: "record" }>, "cellCount" | "lastCell">;

function widthFault(
  { path, line }: RecordPlace,
  { cellCount, lastCell }: RecordCells,
  format: RecordFormat,
  { isUndelimited, firstRecord }: HeaderFacts,
): StreamCsvError {
  const { columnCount } = format;
  const delimiter = nameOfCharacter(String.fromCharCode(format.delimiter));
  const isLastEmpty = lastCell.from === lastCell.to && !lastCell.isQuoted;
  const hasTrailing = cellCount === columnCount + 1 && isLastEmpty;
  const isBlank = cellCount === 1 && isLastEmpty;
  const has = isBlank ? "is blank" : `has ${cells(cellCount)}`;
  const wanted = isBlank ? cells(columnCount) : columnCount;
  const why = hasTrailing ? `, the last one empty behind a trailing ${delimiter}` : "";
  return unreadableFile(
    path,
    `is not a table: line ${line} ${has}${why}, and should have ${wanted}, as its ${firstRecord} has`,
    isUndelimited
      ? `Its first line holds no delimiter: if it is a title, pass over it with --skip-rows 1; if the lines are one column of text, read them whole with --delimiter-in tab (in code: skipRows, delimiter).`
      : hasTrailing
        ? `Remove the ${delimiter} at the end of the rows, or give the ${firstRecord} one more cell.`
        : cellCount > columnCount
          ? `A cell that holds a ${delimiter} must stand in quotes.`
          : isBlank
            ? `Remove that line: blank lines may only be above the ${firstRecord} and at the end of the file.`
            : `A row needs a cell for each column, also an empty one. Use --skip-rows (in code: skipRows) to skip lines above the ${firstRecord}.`,
  );
}

function cells(count: number): string {
  return `${count} ${count === 1 ? "cell" : "cells"}`;
}
