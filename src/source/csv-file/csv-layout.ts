import type { StreamCsvError } from "../../errors.ts";
import { distinctNames } from "../column-names.ts";
import { unreadableFile } from "../text-file/unreadable-file.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { ByteWindow } from "./byte-window.ts";
import { mostRecordBytes, quoteFault, tooLongFault, type HeaderFacts } from "./csv-fault.ts";
import { firstRecordName, type CsvSettings } from "./csv-settings.ts";
import { nameOfCharacter } from "./characters.ts";
import { findDelimiter } from "./find-delimiter.ts";
import {
  carriageReturn,
  lineEndingAt,
  lineFeed,
  type LineEnding,
  type RecordFormat,
} from "./record-format.ts";
import { cellTextOf, countLineBreaks, scanRecord } from "./scan-record.ts";
import { isDelimiter } from "../check-file-options.ts";

/** Columns a file may have: a name and a reader of each are kept. */
const mostColumns = 100_000;

/** Bytes of the beginning by which a delimiter must hold where a header holds several. */
const sampleBytes = 256 * 1024;

/** What is known of a CSV file before its rows are read. */
export interface CsvLayout extends HeaderFacts {
  readonly columns: readonly string[];
  readonly format: RecordFormat;
  /** Bytes of text before the first row, and the line in which it begins, counted from 1. */
  readonly rowsBegin: number;
  readonly firstLine: number;
}

/** Where the layout has come to: bytes and lines passed, and what is there of the rest. */
interface Progress {
  readonly window: ByteWindow;
  passedBytes: number;
  line: number;
}

/** The blank lines before the first record. They are rows of a file that has one column and no header. */
interface BlankLines {
  readonly begin: number;
  readonly line: number;
  /** How the first of them ends, or undefined if there is none. */
  readonly lineEnding: LineEnding | undefined;
}

/**
 * Finds out how a CSV file is laid out, and guesses nothing. It skips the lines that the options name and blank lines, and obeys a
 * first line `sep=;` as Excel does; the next record is the header.
 * Reads the beginning of the file, and of a long header all of it.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` that names the line and what is wrong
 */
export async function readLayout(reader: ByteReader, settings: CsvSettings): Promise<CsvLayout> {
  const window = new ByteWindow(reader, sampleBytes, mostRecordBytes);
  const progress: Progress = { window, passedBytes: 0, line: 1 };
  await passLines(progress, settings.skipRows);
  let above = await passBlankLines(progress);
  const separator = await passSeparator(progress, settings);
  if (separator !== undefined) above = await passBlankLines(progress);
  await window.fill(sampleBytes);
  if (window.length === 0) throw noRecord(settings);
  const { path, quote, nullBytes } = settings;
  const { delimiter, isUndelimited } = await findDelimiter(window, progress.line, settings, separator);
  if (!isUndelimited && nullBytes.includes(delimiter)) throw delimiterInNull(settings, delimiter);
  const syntax = { delimiter, quote };
  const header = await wholeRecord(progress, settings, syntax);
  const { cellCount: columnCount } = header;
  if (columnCount > mostColumns)
    throw unreadableFile(
      path,
      `has ${columnCount} columns in line ${progress.line}, and ${mostColumns} are the most that are read`,
    );
  const columns = distinctNames(
    header.cells.map((cell) => (settings.hasHeader ? cellTextOf(window.bytes, cell, quote) : "")),
  );
  const format = { delimiter, quote, lineEnding: header.lineEnding ?? "lf", columnCount, nullBytes };
  const facts = { columns, isUndelimited, firstRecord: firstRecordName(settings) };
  const { passedBytes, line } = progress;
  if (!settings.hasHeader) {
    if (columnCount > 1) return { ...facts, format, rowsBegin: passedBytes, firstLine: line };
    const { begin, lineEnding = format.lineEnding } = above;
    return { ...facts, format: { ...format, lineEnding }, rowsBegin: begin, firstLine: above.line };
  }
  return {
    ...facts,
    format,
    rowsBegin: passedBytes + header.end - window.from,
    firstLine: line + countLineBreaks(window.bytes, window.from, header.end),
  };
}

/** The record at which the window begins, of which more is read until it is there. */
async function wholeRecord(
  { window, line }: Progress,
  { path }: CsvSettings,
  syntax: Pick<RecordFormat, "delimiter" | "quote">,
): Promise<Extract<ReturnType<typeof scanRecord>, { outcome: "record" }>> {
  for (;;) {
    const { bytes, from, to, isEnd } = window;
    const scanned = scanRecord(bytes, from, to, isEnd, syntax, mostColumns);
    const place = { path, bytes, from, to, line };
    if (scanned.outcome === "record") return scanned;
    if (scanned.outcome === "fault") throw quoteFault(place, scanned.fault, scanned.cell, scanned.at);
    if (window.isFull) throw tooLongFault(place, syntax);
    await window.fill(Math.min(2 * window.length, mostRecordBytes));
  }
}

function delimiterInNull({ path, nullBytes }: CsvSettings, delimiter: number): StreamCsvError {
  const nullValue = JSON.stringify(new TextDecoder().decode(nullBytes));
  const character = nameOfCharacter(String.fromCharCode(delimiter));
  return unreadableFile(
    path,
    `is divided by ${character}, which the null value ${nullValue} contains, so that no unquoted cell can equal it`,
    "Choose another --null-in (in code: nullValue), or say which delimiter the file has with --delimiter-in (in code: delimiter).",
  );
}

function noRecord(settings: CsvSettings): StreamCsvError {
  const { path, skipRows, hasHeader } = settings;
  return unreadableFile(
    path,
    `has no ${firstRecordName(settings)}: it has no line${skipRows > 0 ? ` behind the ${skipRows} that are skipped` : ""} but blank ones`,
    hasHeader
      ? "A CSV file needs at least a header, even if it has no rows."
      : "Without a header, the first record shows how many columns there are.",
  );
}

/** Passes over so many lines, whatever they hold. */
async function passLines(progress: Progress, count: number): Promise<void> {
  const { window } = progress;
  for (let left = count; left > 0 && (await hasMore(window));) {
    const { bytes, to } = window;
    let at = window.from;
    while (at < to && bytes[at] !== lineFeed && bytes[at] !== carriageReturn) at += 1;
    pass(progress, at - window.from);
    if (at < to && (await passLineBreaks(progress, 1)) === 1) left -= 1;
  }
}

async function passBlankLines(progress: Progress): Promise<BlankLines> {
  const { window, passedBytes: begin, line } = progress;
  // A carriage return may have its line feed behind it.
  await window.fill(2);
  const lineEnding = lineEndingAt(window.bytes, window.from, window.to);
  while ((await hasMore(window)) && (await passLineBreaks(progress, Number.POSITIVE_INFINITY)) > 0);
  return { begin, line, lineEnding };
}

async function hasMore(window: ByteWindow): Promise<boolean> {
  await window.fill(1);
  return window.length > 0;
}

/** Passes over line breaks that are next, as far as they are there, at most so many; gives their number. */
async function passLineBreaks(progress: Progress, most: number): Promise<number> {
  const { window } = progress;
  // A carriage return may have its line feed behind it.
  await window.fill(2);
  const { bytes, to, isEnd } = window;
  let at = window.from;
  let count = 0;
  for (; count < most && at < to; count += 1) {
    if (bytes[at] === carriageReturn && (at + 1 < to || isEnd))
      at += at + 1 < to && bytes[at + 1] === lineFeed ? 2 : 1;
    else if (bytes[at] === lineFeed) at += 1;
    else break;
  }
  pass(progress, at - window.from);
  progress.line += count;
  return count;
}

function pass(progress: Progress, count: number): void {
  progress.window.from += count;
  progress.passedBytes += count;
}

/** A line with `sep=` has at most this many bytes; nothing writes a longer one. */
const separatorBytes = 64;

/**
 * Takes a first line that is `sep=` and a delimiter, as Excel writes and reads it. A line that says `sep=` in another way, such as
 * `"sep=;"` or `sep=;;;`, is refused: as a header it would hide the real one.
 */
async function passSeparator(progress: Progress, settings: CsvSettings): Promise<string | undefined> {
  const { window } = progress;
  await window.fill(separatorBytes);
  const { bytes, from, to } = window;
  const start = Buffer.from(bytes.subarray(from, Math.min(to, from + separatorBytes))).toString("latin1");
  const [line = ""] = /^[^\r\n]*/.exec(start) ?? [];
  if (!/^["']?sep=[^0-9A-Za-z]*$/i.test(line)) return undefined;
  const [, character = ""] = /^sep=(.)$/i.exec(line) ?? [];
  if (!isDelimiter(character) || character.charCodeAt(0) === settings.quote)
    throw unreadableFile(
      settings.path,
      `begins with ${JSON.stringify(line)} in line ${progress.line}, and sep= must be followed by one delimiter and the line's end`,
      "Correct that line, or pass over it with --skip-rows and name the delimiter with --delimiter-in (in code: skipRows, delimiter).",
    );
  pass(progress, 5);
  await passLineBreaks(progress, 1);
  return character;
}
