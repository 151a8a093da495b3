// Long because its one loop is long: it handles every state of a record without a call per cell.
import type { Utf8Vector } from "../../csv/batch.ts";
import { carriageReturn, isBlank, lineFeed, type RecordFormat } from "./record-format.ts";

/** The cells of a batch: as many as an encoder's block has, or more if a single row has more. */
const batchCells = 16_384;

/** The number of special bytes whose positions are collected at a time: 16 KiB, which stay in the processor's cache. */
const tapeLength = 4096;

/** Why a scan has stopped. `end` means that the bytes have ended, within a record or between two. */
export type ScanStop = "full" | "end" | "irregular";

/** Repeats a byte in all four bytes of a word. */
function fourOf(byte: number): number {
  return Math.imul(byte, 0x01010101);
}

/**
 * Splits bytes into rows of cells, a batch at a time, and stops at the first faulty record. {@link scanRecord} then finds
 * out what is wrong with it.
 *
 * It searches for special bytes, four at a time, and writes their positions to a tape. A second loop goes from position to
 * position. The cells are stored row by row in two arrays that all columns share, so that a row of ten thousand cells costs
 * no more than a thousand rows of ten. Time is linear in the bytes, whatever they are.
 */
export class CellScanner {
  readonly #format: RecordFormat;
  /** The start and end of each cell of the batch, row by row, and whether it is null. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls: Uint8Array;
  readonly #capacity: number;
  /** The cells of the batch in which two quotes mean one. */
  #escaped: number[] = [];
  #hasNulls = false;

  readonly #tape = new Uint32Array(tapeLength);
  #tapeAt = 0;
  #tapeEnd = 0;
  /** The end of the tape's part of the bytes, or 0 if the tape is from other bytes. */
  #taped = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #words = new Int32Array(0);
  /** Whether the bytes contain a quote or a carriage return. Most files have none. */
  #hasQuotes = false;
  #hasReturns = false;

  /** The rows of the last scan, the start of the next one, and the number of line breaks passed. */
  rowCount = 0;
  next = 0;
  lineBreaks = 0;

  constructor(format: RecordFormat) {
    this.#format = format;
    this.#capacity = Math.max(batchCells, format.columnCount);
    this.starts = new Uint32Array(this.#capacity);
    this.ends = new Uint32Array(this.#capacity);
    this.nulls = new Uint8Array(this.#capacity);
  }

  /** Switches to other bytes, up to `to`. Their memory must begin at a multiple of four and have another word after `to`. */
  use(bytes: Uint8Array<ArrayBuffer>, from: number, to: number): void {
    if (bytes.buffer !== this.#words.buffer) this.#words = new Int32Array(bytes.buffer);
    this.#bytes = bytes;
    const { quote } = this.#format;
    const added = Buffer.from(bytes.buffer, from, to - from);
    this.#hasQuotes = quote >= 0 && added.includes(quote);
    this.#hasReturns = added.includes(carriageReturn);
    this.#tapeAt = 0;
    this.#tapeEnd = 0;
    this.#taped = from;
  }

  /** The characters that no cell of the bytes can contain: if there are no quotes, the delimiter and line breaks. */
  get absent(): string {
    const { delimiter, quote } = this.#format;
    return this.#hasQuotes
      ? ""
      : `\r\n${String.fromCharCode(delimiter)}${quote < 0 ? "" : String.fromCharCode(quote)}`;
  }

  /** The columns of the batch. Their bytes are in the memory passed to {@link use}. */
  vectors(places: readonly number[]): readonly Utf8Vector[] {
    const { starts, ends, nulls, absent: without } = this;
    const step = this.#format.columnCount;
    const bytes = this.#bytes;
    return places.map((first) => ({ kind: "utf8", bytes, starts, ends, nulls, first, step, without }));
  }

  /**
   * Scans at most `mostRows` rows between `from` and `to`. `from` is the beginning of the bytes or the end of the last scan.
   * With `isEnd` nothing follows, and the last record needs no line ending.
   */
  scan(from: number, to: number, isEnd: boolean, mostRows: number): ScanStop {
    const { delimiter, quote, lineEnding, columnCount, nullBytes } = this.#format;
    const { starts, ends, nulls } = this;
    const bytes = this.#bytes;
    const tape = this.#tape;
    const nullLength = nullBytes.length;
    const most = Math.min(this.#capacity, mostRows * columnCount);
    if (this.#hasNulls) nulls.fill(0);
    this.#hasNulls = false;
    this.#escaped.length = 0;
    this.lineBreaks = 0;

    let slot = 0;
    /** The position after the last cell of the row. */
    let rowEnd = columnCount;
    let cellStart = from;
    /** Positions before it have been processed. */
    let past = from;
    /** The quote that closed the cell, or −1. */
    let closed = -1;
    let breaks = 0;
    let stop: ScanStop = "end";
    this.rowCount = 0;
    this.next = from;

    scanning: for (;;) {
      if (this.#tapeAt === this.#tapeEnd && !this.#advance(to)) {
        const isBetween = cellStart === to && slot === rowEnd - columnCount && closed < 0;
        if (!isEnd || isBetween) break;
        // The last record, without a line ending.
        if (slot + 1 !== rowEnd || (closed >= 0 && closed + 1 !== to)) {
          stop = "irregular";
          break;
        }
        this.#setCell(slot, cellStart, to, closed);
        this.rowCount += 1;
        this.next = to;
        break;
      }
      const at = tape[this.#tapeAt] ?? 0;
      this.#tapeAt += 1;
      if (at < past) continue;
      const byte = bytes[at] ?? 0;
      if (byte === delimiter) {
        if (closed < 0) {
          starts[slot] = cellStart;
          ends[slot] = at;
          if (at - cellStart === nullLength && (nullLength === 0 || isSame(bytes, cellStart, nullBytes))) {
            nulls[slot] = 1;
            this.#hasNulls = true;
          }
        } else {
          if (closed + 1 !== at) {
            stop = "irregular";
            break;
          }
          starts[slot] = cellStart + 1;
          ends[slot] = closed;
          closed = -1;
        }
        slot += 1;
        cellStart = at + 1;
        if (slot === rowEnd) {
          stop = "irregular";
          break;
        }
        continue;
      }
      if (byte === quote) {
        if (closed >= 0) {
          stop = "irregular";
          break;
        }
        if (at !== cellStart) {
          // It is text like any other, unless only blanks precede it. Blanks between two quotes are passed once.
          let before = at - 1;
          while (before >= cellStart && isBlank(bytes[before])) before -= 1;
          if (before >= cellStart) continue;
          stop = "irregular";
          break;
        }
        let isEscaped = false;
        past = at + 1;
        for (;;) {
          if (this.#tapeAt === this.#tapeEnd && !this.#advance(to)) {
            if (isEnd) stop = "irregular";
            break scanning;
          }
          const inside = tape[this.#tapeAt] ?? 0;
          this.#tapeAt += 1;
          if (inside < past) continue;
          const found = bytes[inside];
          if (found === quote) {
            if (inside + 1 === to && !isEnd) break scanning;
            if (inside + 1 < to && bytes[inside + 1] === quote) {
              isEscaped = true;
              past = inside + 2;
              continue;
            }
            closed = inside;
            break;
          }
          if (found === carriageReturn || (found === lineFeed && bytes[inside - 1] !== carriageReturn))
            breaks += 1;
        }
        if (isEscaped) this.#escaped.push(slot);
        continue;
      }
      let recordEnd = at + 1;
      if (byte === lineFeed) {
        if (lineEnding !== "lf") {
          stop = "irregular";
          break;
        }
      } else if (byte === carriageReturn) {
        if (at + 1 === to && !isEnd) break;
        const isPair = at + 1 < to && bytes[at + 1] === lineFeed;
        if (lineEnding !== (isPair ? "crlf" : "cr")) {
          stop = "irregular";
          break;
        }
        if (isPair) recordEnd = at + 2;
      } else continue;
      if (slot + 1 !== rowEnd || (closed >= 0 && closed + 1 !== at)) {
        stop = "irregular";
        break;
      }
      if (closed < 0) {
        starts[slot] = cellStart;
        ends[slot] = at;
        if (at - cellStart === nullLength && (nullLength === 0 || isSame(bytes, cellStart, nullBytes))) {
          nulls[slot] = 1;
          this.#hasNulls = true;
        }
      } else {
        starts[slot] = cellStart + 1;
        ends[slot] = closed;
        closed = -1;
      }
      slot += 1;
      rowEnd += columnCount;
      this.rowCount += 1;
      this.lineBreaks += breaks + 1;
      breaks = 0;
      cellStart = recordEnd;
      past = recordEnd;
      this.next = recordEnd;
      if (rowEnd > most) {
        stop = "full";
        break;
      }
    }
    this.#joinQuotes(this.rowCount * columnCount);
    return stop;
  }

  #setCell(slot: number, from: number, to: number, closed: number): void {
    const { nullBytes } = this.#format;
    this.starts[slot] = closed < 0 ? from : from + 1;
    this.ends[slot] = closed < 0 ? to : closed;
    if (closed >= 0 || to - from !== nullBytes.length || !isSame(this.#bytes, from, nullBytes)) return;
    this.nulls[slot] = 1;
    this.#hasNulls = true;
  }

  /** Replaces double quotes by one, in place, in the cells that have them, but not in those of an incomplete row. */
  #joinQuotes(cellCount: number): void {
    const bytes = this.#bytes;
    const { quote } = this.#format;
    for (const slot of this.#escaped) {
      if (slot >= cellCount) return;
      const end = this.ends[slot] ?? 0;
      let place = this.starts[slot] ?? 0;
      for (let at = place; at < end; at += 1) {
        const byte = bytes[at] ?? 0;
        bytes[place] = byte;
        place += 1;
        if (byte === quote) at += 1;
      }
      this.ends[slot] = place;
    }
  }

  /** Writes the positions of the next possible special bytes to the tape. Returns false if there are no more. */
  #advance(to: number): boolean {
    while (this.#taped < to) {
      this.#tapeAt = 0;
      this.#tapeEnd = this.#search(this.#taped, to);
      if (this.#tapeEnd > 0) return true;
    }
    return false;
  }

  /**
   * Searches words of four bytes with the well-known test for a zero byte (Hacker's Delight, 6–1). A byte just after a hit may
   * be a false hit that differs in its lowest bit, so the reader of the tape checks each byte.
   */
  #search(from: number, to: number): number {
    const words = this.#words;
    const tape = this.#tape;
    const { delimiter, quote } = this.#format;
    const fourDelimiters = fourOf(delimiter);
    const fourFeeds = fourOf(lineFeed);
    const fourQuotes = fourOf(this.#hasQuotes ? quote : delimiter);
    const fourReturns = fourOf(this.#hasReturns ? carriageReturn : lineFeed);
    const isPlain = !this.#hasQuotes && !this.#hasReturns;
    const lastWord = (to + 3) >> 2;
    const mostPlaces = tape.length - 4;
    let count = 0;
    let word = from >> 2;
    let ignored = -1 << (8 * (from & 3));
    for (; word < lastWord && count <= mostPlaces; word += 1) {
      const four = words[word] ?? 0;
      const d = four ^ fourDelimiters;
      const f = four ^ fourFeeds;
      let hits = ((d - 0x01010101) & ~d) | ((f - 0x01010101) & ~f);
      if (!isPlain) {
        const q = four ^ fourQuotes;
        const r = four ^ fourReturns;
        hits |= ((q - 0x01010101) & ~q) | ((r - 0x01010101) & ~r);
      }
      hits &= 0x80808080 & ignored;
      ignored = -1;
      while (hits !== 0) {
        const lowest = hits & -hits;
        tape[count] = 4 * word + ((31 - Math.clz32(lowest)) >> 3);
        count += 1;
        hits ^= lowest;
      }
    }
    this.#taped = Math.min(to, 4 * word);
    while (count > 0 && (tape[count - 1] ?? 0) >= to) count -= 1;
    return count;
  }
}

function isSame(bytes: Uint8Array, from: number, other: Uint8Array): boolean {
  for (let index = 0; index < other.length; index += 1)
    if (bytes[from + index] !== other[index]) return false;
  return true;
}
