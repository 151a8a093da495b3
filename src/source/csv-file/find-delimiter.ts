import { unreadableFile } from "../text-file/unreadable-file.ts";
import type { ByteWindow } from "./byte-window.ts";
import { nameOfCharacter, usualDelimiters } from "./characters.ts";
import { mostRecordBytes } from "./csv-fault.ts";
import { firstRecordName, type CsvSettings } from "./csv-settings.ts";
import { lineBreaksEnd } from "./record-format.ts";
import { scanRecord, type ScannedRecord } from "./scan-record.ts";

/** The delimiter of a file. */
interface FoundDelimiter {
  readonly delimiter: number;
  /** Whether a header without any usual delimiter was taken as a single cell, because nothing gave a delimiter. */
  readonly isUndelimited: boolean;
}

/**
 * Returns the delimiter of the option, the extension `.tsv` or the line `sep=`. Otherwise the header at which the window begins
 * decides: it is the only one of the usual four that splits the header. If several do, it is the only one with which all
 * records of the sample have as many cells as the header.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE` if several remain, or if another character seems to separate the header
 */
export async function findDelimiter(
  window: ByteWindow,
  line: number,
  settings: CsvSettings,
  separator: string | undefined,
): Promise<FoundDelimiter> {
  const said = settings.delimiter ?? (settings.isTabbed ? "\t" : undefined);
  if (said !== undefined && separator !== undefined && said !== separator)
    throw unreadableFile(
      settings.path,
      `says by its first line, sep=, that its delimiter is a ${nameOfCharacter(separator)}, but ${settings.delimiter === undefined ? "its ending .tsv" : "the option"} says ${nameOfCharacter(said)}`,
      "Leave the option --delimiter-in out (in code: delimiter), or pass over the line with --skip-rows 1.",
    );
  const known = said ?? separator;
  if (known !== undefined) return { delimiter: known.charCodeAt(0), isUndelimited: false };
  const candidates = usualDelimiters.filter((delimiter) => delimiter.charCodeAt(0) !== settings.quote);
  const dividing: string[] = [];
  for (const delimiter of candidates) {
    const header = await headerBy(delimiter, window, settings);
    if (divides(header)) dividing.push(delimiter);
  }
  const [only] = dividing;
  if (only !== undefined && dividing.length === 1)
    return { delimiter: only.charCodeAt(0), isUndelimited: false };
  if (only === undefined) {
    refuseUnusual(window, settings);
    return { delimiter: (candidates[0] ?? ",").charCodeAt(0), isUndelimited: true };
  }
  const fitting = dividing.filter(
    (delimiter) => fittingRecords(delimiter, window, settings.quote) !== undefined,
  );
  const [fit] = fitting;
  if (fit !== undefined && fitting.length === 1)
    return { delimiter: fit.charCodeAt(0), isUndelimited: false };
  const first = firstRecordName(settings);
  throw unreadableFile(
    settings.path,
    `may be divided by ${dividing.map(nameOfCharacter).join(" or ")}: its ${first} in line ${line} holds each of them, and ${
      fit === undefined ? "by none" : "by more than one"
    } have all records as many cells as the ${first}`,
    "Say which it is with --delimiter-in (in code: delimiter).",
  );
}

/** Returns the header, split by a delimiter, after reading all of it. */
async function headerBy(
  delimiter: string,
  window: ByteWindow,
  { quote }: CsvSettings,
): Promise<ScannedRecord> {
  for (;;) {
    const scanned = scanRecord(window.bytes, window.from, window.to, window.isEnd, {
      delimiter: delimiter.charCodeAt(0),
      quote,
    });
    if (scanned.outcome !== "incomplete" || window.isFull) return scanned;
    await window.fill(Math.min(2 * window.length, mostRecordBytes));
  }
}

/** Whether a delimiter occurs in a header, even if the result is not valid. */
function divides(header: ScannedRecord): boolean {
  return header.outcome === "record" ? header.cellCount > 1 : header.cell > 0;
}

/** Returns how many records after the header have as many cells, or undefined if not all of the sample have. */
function fittingRecords(
  delimiter: string,
  { bytes, from, to, isEnd }: ByteWindow,
  quote: number,
): number | undefined {
  const syntax = { delimiter: delimiter.charCodeAt(0), quote };
  const header = scanRecord(bytes, from, to, isEnd, syntax);
  if (header.outcome !== "record") return undefined;
  let count = 0;
  // Blank lines at the end are not records of a table of several columns.
  for (let at = header.end; lineBreaksEnd(bytes, at, to) < to;) {
    const record = scanRecord(bytes, at, to, isEnd, syntax);
    if (record.outcome === "incomplete") break;
    if (record.outcome === "fault" || record.cellCount !== header.cellCount) return undefined;
    at = record.end;
    count += 1;
  }
  return count;
}

/** Characters that some programs use as delimiters, so that a header with one of them may not be a single cell. */
const unusualDelimiters = ["^", "~", ":", ...controlCharacters()];

function controlCharacters(): readonly string[] {
  const codes = Array.from({ length: 0x1f }, (_, index) => index + 1);
  return codes.map((code) => String.fromCharCode(code)).filter((character) => !/[\t\n\r]/.test(character));
}

/** Refuses a file that another character splits into equally many cells in every record. One column would be a guess. */
function refuseUnusual(window: ByteWindow, settings: CsvSettings): void {
  const { path, quote } = settings;
  const present = window.bytes.subarray(window.from, window.to);
  const unusual = unusualDelimiters.find((delimiter) => {
    const code = delimiter.charCodeAt(0);
    // Most of them occur nowhere, and splitting a header of 32 MiB by each would take seconds.
    if (code === quote || !present.includes(code)) return false;
    const header = scanRecord(window.bytes, window.from, window.to, window.isEnd, {
      delimiter: code,
      quote,
    });
    return divides(header) && (fittingRecords(delimiter, window, quote) ?? 0) > 0;
  });
  if (unusual === undefined) return;
  throw unreadableFile(
    path,
    `has no comma, semicolon, tab or vertical bar in its ${firstRecordName(settings)}, but ${nameOfCharacter(unusual)} equally often in all its lines`,
    `If that is its delimiter, say so with --delimiter-in ${shellText(unusual)} (in code: delimiter); if each line is one cell of text, say --delimiter-in comma.`,
  );
}

/** Quotes a character for a shell. */
function shellText(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? `$'\\x${code.toString(16).padStart(2, "0")}'` : `'${character}'`;
}
