// Long because it is one state machine over bytes: splitting it would cost a call for every byte.

import { narrowingOf, type CharacterNarrowing } from "./character-narrowing.ts";

/** How cells are quoted, found out from the whole body. */
export type BodyQuoting = "rfc4180" | "backslash" | "apostrophe" | "escaped" | "none";

/** The records of a CSV body. */
export interface RecordCount {
  /** With the header. */
  readonly records: number;
  /** Cells of the first record. */
  readonly columns: number;
  readonly quoting: BodyQuoting;
  /** The first record with another number of cells than the first of all; null when all have as many, or lines are counted. */
  readonly uneven: UnevenRecord | null;
}

/** A record with another number of cells than the first. */
export interface UnevenRecord {
  /** Counted from 1, the header among them. */
  readonly record: number;
  readonly cells: number;
}

const quote = 0x22;
const apostrophe = 0x27;
const backslash = 0x5c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const blank = 0x20;
/** Comma, semicolon, tab and bar: the first record decides which of them separates cells. */
const delimiters = [0x2c, 0x3b, 0x09, 0x7c] as const;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Enough to see whether a character has more than one byte. */
const widthBytes = 4;
/** A first line for Excel, which names the delimiter and isn't a record; the line feed of a CRLF may still come. */
const delimiterLine = /^sep=(.)(?:\r?\n|\r(?=[^\n]))/i;
/** A first record longer than this decides by its beginning. */
const mostOpeningBytes = 64 * 1024;

/**
 * Counts the records of a CSV body in constant memory. A body in UTF-16 or UTF-32 is read character by character.
 *
 * A first line `sep=` and a delimiter, as Excel reads it, isn't a record. It reads the body by RFC 4180 (a quote opens a cell only at its start, and is doubled inside) and, from the first
 * backslash on, also with `\"` inside quotes. A reading is wrong when a closing quote is followed by more of the cell, or
 * the last quote is never closed; when both are wrong, quotes mean nothing and every line is a record, as in TSV. Records
 * end with a line feed, or with a carriage return where there is no line feed at all.
 *
 * A body without these quotes can be read as RFC 4180 in any case. Where its records then have different numbers of cells, it
 * is also read with apostrophes as quotes, and with backslashes before delimiters and line breaks that belong to a cell: the
 * reading by which all records have as many cells is the right one.
 */
export class RecordCounter {
  #opening: Buffer | null = Buffer.alloc(0);
  /** Bytes before it is known how many a character has; null once that is known. */
  #first: Buffer | null = Buffer.alloc(0);
  /** null where a character that means something has one byte. */
  #narrowing: CharacterNarrowing | null = null;
  #strict: CellReader | undefined;
  #escaped: CellReader | undefined;
  /** Readings of a body in which nothing is quoted as in RFC 4180. */
  #apostrophes: CellReader | undefined;
  #unquoted: CellReader | undefined;
  #lineFeeds = 0;
  #lastByte = lineFeed;

  feed(bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    const part = bytes.subarray(start, end);
    if (this.#first === null) {
      this.#feedCharacters(this.#narrowing?.narrowed(part) ?? part);
      return;
    }
    this.#first = Buffer.concat([this.#first, part]);
    if (this.#first.length >= widthBytes) this.#findWidth();
  }

  /** Finds out how many bytes a character has, and reads what was kept until then. */
  #findWidth(): void {
    const bytes = this.#first ?? Buffer.alloc(0);
    this.#first = null;
    this.#narrowing = narrowingOf(bytes);
    this.#feedCharacters(this.#narrowing?.narrowed(bytes) ?? bytes);
  }

  #feedCharacters(part: Buffer): void {
    if (part.length === 0) return;
    if (this.#opening !== null) {
      this.#opening = Buffer.concat([this.#opening, part]);
      const isShort = this.#opening.length < mostOpeningBytes;
      const text = this.#opening.toString("latin1").replace(byteOrderMark.toString("latin1"), "");
      if (isShort && !firstRecord.test(text.replace(delimiterLine, ""))) return;
      if (isShort && /^sep=.\r$/i.test(text)) return;
      this.#begin();
      return;
    }
    this.#read(part, 0, part.length);
  }

  finish(): RecordCount {
    if (this.#first !== null) this.#findWidth();
    if (this.#opening !== null) this.#begin();
    for (const one of [this.#strict, this.#escaped, this.#apostrophes, this.#unquoted]) one?.finish();
    const reader = [this.#strict, this.#escaped].find((one) => one !== undefined && one.isValid);
    const isLast = this.#lastByte === lineFeed || this.#lastByte === carriageReturn;
    const found = (one: CellReader, quoting: BodyQuoting): RecordCount => {
      const ends = one.lineFeeds > 0 ? one.lineFeeds : one.carriageReturns;
      return { records: ends + (isLast ? 0 : 1), columns: one.columns, quoting, uneven: one.uneven };
    };
    if (reader !== undefined) {
      if (reader !== this.#strict) return found(reader, "backslash");
      if (reader.isEven) return found(reader, "rfc4180");
      if (this.#apostrophes?.isEven === true && this.#apostrophes.isValid)
        return found(this.#apostrophes, "apostrophe");
      if (this.#unquoted?.isEven === true) return found(this.#unquoted, "escaped");
      return found(reader, "rfc4180");
    }
    return {
      records: this.#lineFeeds + (isLast ? 0 : 1),
      columns: this.#strict?.columns ?? 0,
      quoting: "none",
      uneven: null,
    };
  }

  /** Chooses the delimiter, and reads what was kept until then. */
  #begin(): void {
    const bytes = this.#opening ?? Buffer.alloc(0);
    this.#opening = null;
    const mark = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    const [line = "", delimiter] = delimiterLine.exec(bytes.toString("latin1", mark)) ?? [];
    const start = mark + line.length;
    const byte = delimiter?.charCodeAt(0) ?? delimiterOf(bytes.subarray(start));
    this.#strict = new CellReader(byte, { isEscaping: false });
    this.#read(bytes, start, bytes.length);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    if (start >= end) return;
    const part = bytes.subarray(start, end);
    // Until the byte comes that they read differently, readings are the same.
    if (this.#escaped === undefined && part.includes(backslash)) {
      this.#escaped = this.#strict?.as({ isEscaping: true });
      if (this.#strict?.hasQuoted === false)
        this.#unquoted = this.#strict.as({ isEscaping: true, quotedBy: null });
    }
    if (this.#apostrophes === undefined && this.#strict?.hasQuoted === false && part.includes(apostrophe))
      this.#apostrophes = this.#strict.as({ isEscaping: false, quotedBy: apostrophe });
    for (const one of [this.#strict, this.#escaped, this.#apostrophes, this.#unquoted]) one?.feed(part);
    for (let at = part.indexOf(lineFeed); at !== -1; at = part.indexOf(lineFeed, at + 1))
      this.#lineFeeds += 1;
    this.#lastByte = part.at(-1) ?? this.#lastByte;
  }
}

/** A line that ends outside quotes; what is between quotes is one group. */
const firstRecord = /^(?:"[^"]*"|[^"\r\n])*[\r\n]/;

/** The delimiter that is most frequent in the first record, outside quotes. */
function delimiterOf(opening: Buffer): number {
  const text = opening.toString("latin1");
  const line = firstRecord.exec(text)?.[0] ?? text;
  const plain = line.replaceAll(/"[^"]*"/g, "");
  const counts = delimiters.map((byte) => plain.split(String.fromCharCode(byte)).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? delimiters[0];
}

/** How bytes are read. */
interface Reading {
  /** Whether a backslash takes the next byte into the cell: between quotes, or anywhere where nothing quotes. */
  readonly isEscaping: boolean;
  /** @default the quote of RFC 4180; null for none */
  readonly quotedBy?: number | null;
}

/** One reading of the bytes. */
class CellReader {
  lineFeeds = 0;
  /** Those that no line feed follows. */
  carriageReturns = 0;
  /** Cells of the first record. */
  columns = 1;
  /** The first record with another number of cells than the first of all; lines without anything don't count. */
  uneven: UnevenRecord | null = null;
  /** Whether a cell was quoted so far. */
  hasQuoted = false;
  readonly #delimiter: number;
  readonly #isEscaping: boolean;
  readonly #quotedBy: number | null;
  #cells = 1;
  #state: "start" | "plain" | "quoted" | "closed" = "start";
  #isEscaped = false;
  #isAfterReturn = false;
  #isInFirst = true;
  #isBroken = false;

  constructor(delimiter: number, { isEscaping, quotedBy = quote }: Reading) {
    this.#delimiter = delimiter;
    this.#isEscaping = isEscaping;
    this.#quotedBy = quotedBy;
  }

  /** Whether everything so far follows the rules, and no quote is open. */
  get isValid(): boolean {
    return !this.#isBroken && this.#state !== "quoted";
  }

  get isEven(): boolean {
    return this.uneven === null;
  }

  /** The same so far, and read otherwise from here on. */
  as(reading: Reading): CellReader {
    const copy = new CellReader(this.#delimiter, reading);
    copy.uneven = this.uneven;
    copy.hasQuoted = this.hasQuoted;
    copy.#cells = this.#cells;
    copy.lineFeeds = this.lineFeeds;
    copy.carriageReturns = this.carriageReturns;
    copy.columns = this.columns;
    copy.#state = this.#state;
    copy.#isAfterReturn = this.#isAfterReturn;
    copy.#isInFirst = this.#isInFirst;
    copy.#isBroken = this.#isBroken;
    return copy;
  }

  feed(bytes: Buffer): void {
    if (this.#isBroken) return;
    for (const byte of bytes) {
      if (this.#state === "quoted") {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === this.#quotedBy) this.#state = "closed";
        else if (byte === backslash) this.#isEscaped = this.#isEscaping;
        continue;
      }
      if (this.#isEscaping && this.#quotedBy === null) {
        if (this.#isEscaped || byte === backslash) {
          this.#isEscaped = !this.#isEscaped;
          this.#state = "plain";
          continue;
        }
      }
      if (byte === lineFeed) {
        if (this.#isAfterReturn) this.carriageReturns -= 1;
        this.lineFeeds += 1;
        this.#endRecord(false);
      } else if (byte === carriageReturn) {
        this.carriageReturns += 1;
        this.#endRecord(true);
      } else if (byte === this.#delimiter) {
        if (this.#isInFirst) this.columns += 1;
        this.#cells += 1;
        this.#isAfterReturn = false;
        this.#state = "start";
      } else {
        this.#isAfterReturn = false;
        this.#readCell(byte);
        if (this.#isBroken) return;
      }
    }
  }

  /** Ends a last record without a line break. */
  finish(): void {
    this.#compareRecord(this.lineFeeds + this.carriageReturns + 1);
  }

  #compareRecord(record: number): void {
    const isBlank = this.#cells === 1 && this.#state === "start";
    if (!isBlank && this.#cells !== this.columns) this.uneven ??= { record, cells: this.#cells };
  }

  #readCell(byte: number): void {
    if (this.#state === "start") {
      this.#state = byte === this.#quotedBy ? "quoted" : "plain";
      if (this.#state === "quoted") this.hasQuoted = true;
    } else if (this.#state === "closed") {
      if (byte === this.#quotedBy) this.#state = "quoted";
      else if (byte !== blank) this.#isBroken = true;
    }
  }

  #endRecord(isAfterReturn: boolean): void {
    this.#compareRecord(this.lineFeeds + this.carriageReturns);
    this.#cells = 1;
    this.#isAfterReturn = isAfterReturn;
    this.#isInFirst = false;
    this.#state = "start";
  }
}
