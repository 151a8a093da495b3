// Long because it is one loop: going through a record takes no call per value, so its states stand together.
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

/** Levels that a record may be nested; the record itself is the first. */
const mostLevels = 1000;
/** Different keys that the records of a file may have. */
const mostColumns = 100_000;
/** Bytes that these keys may have together; they are held as long as the file is open. */
const mostKeyBytes = 16 * 1024 ** 2;

// What is expected next, in the order in which it comes. Each is also where a scan may stop for want of bytes.
const keyOrEnd = 0;
const key = 1;
const keyColon = 2;
const value = 3;
const valueOrEnd = 4;
const separator = 5;
const nothing = 6;

/** `true`, `null` and `fals` as they are read from memory. */
const [trueWord, nullWord, falsWord] = ["true", "null", "fals"].map((word) =>
  new DataView(new TextEncoder().encode(word).buffer).getInt32(0, true),
);

/**
 * Goes through one record after another, strictly by RFC 8259, and notes where its values stand: nothing is made of any.
 *
 * A record that is an object has its values by the columns of its keys; any other is one value, in column 0. It never goes deeper
 * into itself, whatever the record. Where the bytes end before the record does it stops, and goes on from the last token when
 * there are more: so it takes time linear in the record. Keys mostly come as they came in the record before, so the one
 * expected is compared first, and looked up where it is another.
 */
export class RecordScanner {
  /** The values of the last record: column, kind and place of each; nulls are left out. */
  columns = new Int32Array(0);
  kinds = new Uint8Array(0);
  starts = new Int32Array(0);
  ends = new Int32Array(0);
  count = 0;
  /** Whether the last record is an object. */
  isObject = false;

  readonly #keys: KeyTable;
  /** Whether new keys are columns, and nested ones are checked; else the file is known already. */
  readonly #isLearning: boolean;
  /** The number of the record in which a column was seen last. */
  #seen = new Uint32Array(0);
  #record = 0;
  /** The column that came behind each column the last time; that of the first key stands in front. */
  #followers = new Int32Array(0);
  #unescaped = new Uint8Array(256);

  // Where a scan has stopped.
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

  /** Bytes of the token that a scan has stopped in. */
  pendingBytes(end: number): number {
    return end - this.#at;
  }

  /** Between two scans of one record the bytes were moved by so many places towards the beginning. */
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
   * Goes through the record that begins at `from`, or goes on with one; gives the place behind it, −1 when it needs more
   * bytes. Behind `end` there must be eight zeros. With `isLast` there are no more bytes.
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
            throw wrongToken(bytes, at, at, end, "a colon behind the key");
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
          // A number that touches the end may go on behind it.
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
      // What follows a value: a comma, or the end of what is around it.
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
    // After four thousand million records their numbers begin anew.
    if (this.#record === 0) {
      this.#seen.fill(0);
      this.#record = 1;
    }
    if (this.#isLearning) this.#nestedKeys.clear();
  }

  /** The column of the value that comes next is that of the last key; where records are no objects it is the only one. */
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

  /** The column of a key that isn't the expected one; it will be expected the next time. */
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
        throw new JsonFault(start, "it has a key that it hadn't when the file was opened");
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

  /** A key as it stands in the file, for a message. */
  #quoted(bytes: Uint8Array, from: number, to: number): string {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(from, to));
    return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
  }

  /** Makes room for so many columns: a record has each but once. */
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
