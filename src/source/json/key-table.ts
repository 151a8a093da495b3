import { quote } from "./json-bytes.ts";
import { hashBytes } from "./hash-bytes.ts";

/** Ends a key that can't occur in a file without escapes. It is not a byte of UTF-8. */
const never = 0xff;

/**
 * The keys of a file's records, as bytes, in order of their first appearance. A key's position is its column's.
 *
 * A lookup makes no string and no object. A closing quote follows each key, so that one comparison finds both that a key is the
 * expected one and where it ends.
 */
export class KeyTable {
  #bytes = new Uint8Array(1024);
  /** The start of each key, and after them the start of the next one. */
  #starts = new Int32Array(64);
  #count = 0;
  /** The columns, plus one, by the hash of their key. 0 is free. At most half of the table is used. */
  #slots = new Int32Array(128);

  get count(): number {
    return this.#count;
  }

  /** The bytes of all keys together, and one for each. */
  get byteLength(): number {
    return this.#starts[this.#count] ?? 0;
  }

  /** Returns the text of a key. */
  textOf(column: number): string {
    const bytes = this.#bytes.subarray(this.#starts[column] ?? 0, (this.#starts[column + 1] ?? 0) - 1);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** Returns the position after a column's key and its closing quote, if they are at a position after an opening quote, or else 0. */
  matchEnd(bytes: Uint8Array, at: number, column: number): number {
    if (column >= this.#count) return 0;
    const own = this.#bytes;
    const start = this.#starts[column] ?? 0;
    const end = this.#starts[column + 1] ?? 0;
    let place = at;
    for (let index = start; index < end; index += 1) {
      if (own[index] !== bytes[place]) return 0;
      place += 1;
    }
    return place;
  }

  /** Returns the column of a key without escapes, or −1 if no record has had it. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashBytes(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const column = (this.#slots[slot] ?? 0) - 1;
      if (column < 0 || this.#isSame(column, bytes, from, to)) return column;
    }
  }

  /** Adds a new key without escapes. Returns its column. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const column = this.#count;
    const start = this.#starts[column] ?? 0;
    const end = start + (to - from) + 1;
    this.#reserve(end);
    this.#bytes.set(bytes.subarray(from, to), start);
    this.#bytes[end - 1] = this.#bytes.subarray(start, end - 1).some(needsEscape) ? never : quote;
    this.#starts[column + 1] = end;
    this.#count += 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    else this.#enter(column);
    return column;
  }

  #isSame(column: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[column] ?? 0;
    const length = (this.#starts[column + 1] ?? 0) - 1 - start;
    if (length !== to - from) return false;
    for (let index = 0; index < length; index += 1)
      if (this.#bytes[start + index] !== bytes[from + index]) return false;
    return true;
  }

  #reserve(end: number): void {
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, new Uint8Array(2 * end));
    if (this.#count + 2 > this.#starts.length)
      this.#starts = grown(this.#starts, new Int32Array(2 * this.#starts.length));
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let column = 0; column < this.#count; column += 1) this.#enter(column);
  }

  #enter(column: number): void {
    const mask = this.#slots.length - 1;
    const start = this.#starts[column] ?? 0;
    let slot = hashBytes(this.#bytes, start, (this.#starts[column + 1] ?? 0) - 1) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = column + 1;
  }
}

/** Whether JSON allows a character only as an escape: a control character, a quote, a backslash. */
function needsEscape(byte: number): boolean {
  return byte < 0x20 || byte === quote || byte === 0x5c;
}

/** Copies an array to the beginning of a larger one. */
function grown<A extends Uint8Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
