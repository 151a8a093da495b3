// Long because it is one loop: scanning a record takes no call per value, so all states are together.
import {
  escapedStringCell,
  falseCell,
  floatCell,
  integerCell,
  jsonCell,
  noCell,
  spacedJsonCell,
  stringCell,
  trueCell,
} from "./cell-kind.ts";
import {
  closeBrace,
  closeBracket,
  colon,
  comma,
  isJsonBlank,
  minus,
  nine,
  openBrace,
  openBracket,
  quote,
  zero,
} from "./json-bytes.ts";
import { JsonFault } from "./json-fault.ts";
import type { KeyTable } from "./key-table.ts";
import { NestedKeys } from "./nested-keys.ts";
import { writeUnescaped } from "./rewrite-text.ts";
import { broken, plain, rich, scanNumber, scanString } from "./scan-token.ts";
import { wrongToken } from "./wrong-token.ts";

/** The most levels of nesting. The record itself is the first. */
const mostLevels = 1000;
/** The most different keys in the records of a file. */
const mostColumns = 100_000;
/** The most bytes of these keys together. They are held as long as the file is open. */
const mostKeyBytes = 16 * 1024 ** 2;

// What is expected next, in order. A scan without further bytes stops in one of these states.
const keyOrEnd = 0;
const key = 1;
const keyColon = 2;
const value = 3;
const valueOrEnd = 4;
const separator = 5;
const nothing = 6;

/** `true`, `null` and `fals` as 32-bit numbers in memory. */
const [trueWord, nullWord, falsWord] = ["true", "null", "fals"].map((word) =>
  new DataView(new TextEncoder().encode(word).buffer).getInt32(0, true),
);

/**
 * Scans records one after the other, strictly by RFC 8259, and stores the positions of their values. It makes no values.
 *
 * The values of an object belong to the columns of its keys. Any other record is one value in column 0. The scan is not
 * recursive. If the bytes end within a record, it stops and continues from the last token when there are more bytes, so the
 * time is linear in the record. Keys usually come in the order of the record before, so the expected key is compared first
 * and looked up only if it is another.
 */
export class RecordScanner {
  /** The values of the last record: the column, kind and position of each. Nulls are left out. */
  columns = new Int32Array(0);
  kinds = new Uint8Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  count = 0;
  /** Whether the last record is an object. */
  isObject = false;

  readonly #keys: KeyTable;
  /** Whether new keys become columns and nested keys are checked. Otherwise the file has already been described. */
  readonly #isLearning: boolean;
  /** The number of the last record with a column. */
  #seen = new Uint32Array(0);
  #record = 0;
  /** The column that followed each column the last time. The first entry is the column of the first key. */
  #followers = new Int32Array(0);
  #unescaped = new Uint8Array(256);

  // The position at which a scan has stopped.
  #state = nothing;
  #at = 0;
  #depth = 0;
  /** The depth at which values are the record's own. */
  #cellDepth = 0;
  #cellStart = 0;
  #hasBlanks = false;
  #column = -1;
  /** 1 for an object, 0 for an array, by depth. */
  readonly #containers = new Uint8Array(mostLevels + 1);
  readonly #marks = new Int32Array(mostLevels + 1);
  readonly #nestedKeys = new NestedKeys();

  constructor(keys: KeyTable, isLearning: boolean) {
    this.#keys = keys;
    this.#isLearning = isLearning;
    this.#growTo(Math.max(64, keys.count));
  }

  /** The number of bytes of the token within which a scan has stopped. */
  pendingBytes(end: number): number {
    return end - this.#at;
  }

  /** Adjusts the positions after the bytes were moved towards the beginning between two scans of a record. */
  rebase(shift: number): void {
    this.#at -= shift;
    this.#cellStart -= shift;
    for (let cell = 0; cell < this.count; cell += 1) {
      this.starts[cell] = (this.starts[cell] ?? 0) - shift;
      this.ends[cell] = (this.ends[cell] ?? 0) - shift;
    }
    this.#nestedKeys.rebase(shift);
  }

  /**
   * Scans the record that begins at `from`, or continues one. Returns the position after it, or −1 if it needs more bytes. Eight
   * zeros must follow `end`. With `isLast` there are no more bytes.
   * @throws JsonFault
   */
  scan(bytes: Uint8Array, view: DataView, from: number, end: number, isLast: boolean): number {
    if (this.#state === nothing) this.#begin(from);
    let state = this.#state;
    let at = this.#at;
    let depth = this.#depth;
    let cellDepth = this.#cellDepth;
    let hasBlanks = this.#hasBlanks;
    let byte = 0;
    for (;;) {
      // A key, or the end of an object that has none.
      if (state <= key) {
        byte = bytes[at] ?? 0;
        if (byte <= 0x20 && isJsonBlank(byte)) {
          at = blanksEnd(bytes, at);
          byte = bytes[at] ?? 0;
          hasBlanks = true;
        }
        if (byte === quote) {
          if (depth === cellDepth) {
            const column = this.#expectedColumn();
            let keyEnd = this.#keys.matchEnd(bytes, at + 1, column);
            if (keyEnd > 0) this.#column = column;
            else {
              const found = scanString(bytes, view, at + 1);
              keyEnd = (found >> 2) + 1;
              if ((found & 3) === broken) {
                if (keyEnd > end && !isLast) break;
                throw wrongToken(bytes, at, keyEnd - 1, end);
              }
              this.#column = this.#columnOf(bytes, at + 1, keyEnd - 1, (found & 3) === rich);
            }
            if (this.#seen[this.#column] === this.#record)
              throw new JsonFault(at, `it has the key ${this.#quoted(bytes, at, keyEnd)} twice`);
            this.#seen[this.#column] = this.#record;
            at = keyEnd;
          } else {
            const found = scanString(bytes, view, at + 1);
            const stop = found >> 2;
            if ((found & 3) === broken) {
              if (stop >= end && !isLast) break;
              throw wrongToken(bytes, at, stop, end);
            }
            if (this.#isLearning) this.#nestedKeys.push(at + 1, stop, (found & 3) === rich);
            at = stop + 1;
          }
          state = keyColon;
        } else if (byte === closeBrace && state === keyOrEnd) {
          at += 1;
          depth -= 1;
          if (depth === cellDepth) this.#addCell(hasBlanks ? spacedJsonCell : jsonCell, this.#cellStart, at);
          state = separator;
        } else {
          if (at >= end && !isLast) break;
          throw wrongToken(bytes, at, at, end, state === key ? "a key" : "a key or }");
        }
      }
      if (state === keyColon) {
        byte = bytes[at] ?? 0;
        if (byte !== colon) {
          at = blanksEnd(bytes, at);
          byte = bytes[at] ?? 0;
          hasBlanks = true;
          if (byte !== colon) {
            if (at >= end && !isLast) break;
            throw wrongToken(bytes, at, at, end, "a colon after the key");
          }
        }
        at += 1;
        state = value;
      }
      // A value, or the end of an array that has none.
      if (state <= valueOrEnd) {
        byte = bytes[at] ?? 0;
        if (byte <= 0x20 && isJsonBlank(byte)) {
          at = blanksEnd(bytes, at);
          byte = bytes[at] ?? 0;
          hasBlanks = true;
        }
        const start = at;
        if (byte === quote) {
          const found = scanString(bytes, view, at + 1);
          const stop = found >> 2;
          if ((found & 3) === broken) {
            if (stop >= end && !isLast) break;
            throw wrongToken(bytes, at, stop, end);
          }
          at = stop + 1;
          if (depth === cellDepth)
            this.#addCell((found & 3) === rich ? escapedStringCell : stringCell, start + 1, stop);
        } else if ((byte >= zero && byte <= nine) || byte === minus) {
          const found = scanNumber(bytes, at);
          const stop = found >> 2;
          // A number at the end of the bytes may continue after it.
          if (stop >= end && !isLast) break;
          if ((found & 3) === broken) throw wrongToken(bytes, at, stop, end);
          at = stop;
          if (depth === cellDepth) this.#addCell((found & 3) === plain ? integerCell : floatCell, start, at);
        } else if (byte === openBrace || byte === openBracket) {
          const isObject = byte === openBrace;
          if (depth === mostLevels)
            throw new JsonFault(at, `it is nested deeper than ${mostLevels} levels, which is the limit`);
          if (depth === 0 && isObject) {
            cellDepth = 1;
            this.isObject = true;
          } else if (depth === cellDepth) {
            this.#cellStart = at;
            hasBlanks = false;
          }
          depth += 1;
          this.#containers[depth] = isObject ? 1 : 0;
          this.#marks[depth] = this.#nestedKeys.mark;
          at += 1;
          state = isObject ? keyOrEnd : valueOrEnd;
          continue;
        } else if (byte === closeBracket && state === valueOrEnd) {
          at += 1;
          depth -= 1;
          if (depth === cellDepth) this.#addCell(hasBlanks ? spacedJsonCell : jsonCell, this.#cellStart, at);
        } else {
          const word = view.getInt32(at, true);
          let kind = noCell;
          if (word === trueWord) kind = trueCell;
          else if (word === falsWord && bytes[at + 4] === 0x65) kind = falseCell;
          else if (word !== nullWord) {
            if (end - at < 5 && !isLast) break;
            throw wrongToken(bytes, at, at, end, state === value ? "a value" : "a value or ]");
          }
          at += kind === falseCell ? 5 : 4;
          if (depth === cellDepth && kind !== noCell) this.#addCell(kind, start, at);
        }
        state = separator;
      }
      // A comma follows a value, or the end of the object or array around it.
      for (;;) {
        if (depth === 0) {
          this.#state = nothing;
          return at;
        }
        byte = bytes[at] ?? 0;
        if (byte <= 0x20 && isJsonBlank(byte)) {
          at = blanksEnd(bytes, at);
          byte = bytes[at] ?? 0;
          hasBlanks = true;
        }
        const isInObject = this.#containers[depth] === 1;
        if (byte === comma) {
          at += 1;
          state = isInObject ? key : value;
          break;
        }
        if (byte !== (isInObject ? closeBrace : closeBracket)) break;
        if (isInObject && this.#isLearning && depth !== cellDepth) this.#closeObject(bytes, depth);
        at += 1;
        depth -= 1;
        if (depth === cellDepth) this.#addCell(hasBlanks ? spacedJsonCell : jsonCell, this.#cellStart, at);
      }
      if (state === separator) {
        if (at >= end && !isLast) break;
        const closing = this.#containers[depth] === 1 ? "}" : "]";
        throw wrongToken(bytes, at, at, end, `a comma or ${closing}`);
      }
    }
    this.#state = state;
    this.#at = at;
    this.#depth = depth;
    this.#cellDepth = cellDepth;
    this.#hasBlanks = hasBlanks;
    return -1;
  }

  #begin(from: number): void {
    this.#state = value;
    this.#at = from;
    this.#depth = 0;
    this.#cellDepth = 0;
    this.#column = -1;
    this.count = 0;
    this.isObject = false;
    this.#record = (this.#record + 1) >>> 0;
    // After four thousand million records the numbers start again.
    if (this.#record === 0) {
      this.#seen.fill(0);
      this.#record = 1;
    }
    if (this.#isLearning) this.#nestedKeys.clear();
  }

  /** The column of the next value is the last key's. If records are not objects, it is the only column. */
  #addCell(kind: number, start: number, end: number): void {
    const { count } = this;
    this.columns[count] = this.isObject ? this.#column : 0;
    this.kinds[count] = kind;
    this.starts[count] = start;
    this.ends[count] = end;
    this.count = count + 1;
  }

  #expectedColumn(): number {
    return this.#followers[this.#column + 1] ?? 0;
  }

  /** Returns the column of a key that is not the expected one. It is expected the next time. */
  #columnOf(bytes: Uint8Array, start: number, end: number, hasEscapes: boolean): number {
    let text = bytes;
    let [from, to] = [start, end];
    if (hasEscapes) {
      if (this.#unescaped.length < end - start) this.#unescaped = new Uint8Array(2 * (end - start));
      text = this.#unescaped;
      [from, to] = [0, writeUnescaped(bytes, start, end, text, 0)];
    }
    let column = this.#keys.find(text, from, to);
    if (column < 0) {
      if (!this.#isLearning)
        throw new JsonFault(start, "it has a key that it did not have when the file was opened");
      if (this.#keys.count === mostColumns)
        throw new JsonFault(
          start,
          `its key ${this.#quoted(bytes, start - 1, end + 1)} would be column ${mostColumns + 1}, and ${mostColumns} is the limit: where keys are data, such as ids, make them values`,
        );
      if (this.#keys.byteLength + (to - from) > mostKeyBytes)
        throw new JsonFault(
          start,
          `with its key ${this.#quoted(bytes, start - 1, end + 1)} the keys of all records are longer than ${mostKeyBytes / 1024 ** 2} MiB together, which is the limit: where keys are data, make them values`,
        );
      column = this.#keys.add(text, from, to);
      this.#growTo(this.#keys.count);
    }
    this.#followers[this.#column + 1] = column;
    return column;
  }

  #closeObject(bytes: Uint8Array, depth: number): void {
    const place = this.#nestedKeys.close(bytes, this.#marks[depth] ?? 0);
    if (place < 0) return;
    const end = bytes.indexOf(quote, place) + 1;
    throw new JsonFault(
      place - 1,
      `an object within it has the key ${this.#quoted(bytes, place - 1, end)} twice`,
    );
  }

  /** A key in the file's form, for a message. */
  #quoted(bytes: Uint8Array, from: number, to: number): string {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from, to));
    return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
  }

  /** Makes room for `count` columns. A record has each only once. */
  #growTo(count: number): void {
    if (count <= this.#seen.length) return;
    const size = Math.max(count, 2 * this.#seen.length);
    this.columns = copied(this.columns, new Int32Array(size));
    this.kinds = copied(this.kinds, new Uint8Array(size));
    this.starts = copied(this.starts, new Int32Array(size));
    this.ends = copied(this.ends, new Int32Array(size));
    this.#seen = copied(this.#seen, new Uint32Array(size));
    const known = this.#followers.length;
    this.#followers = copied(this.#followers, new Int32Array(size + 1));
    for (let column = known; column <= size; column += 1) this.#followers[column] = column;
  }
}

function copied<A extends Int32Array | Uint8Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function blanksEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isJsonBlank(bytes[at] ?? 0)) at += 1;
  return at;
}
