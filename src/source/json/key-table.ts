import { quote } from "./json-bytes.ts";
import { hashBytes } from "./key-hash.ts";

/** Ends a key that can't stand in a file as it is; no byte of UTF-8. */
const never = 0xff;

/**
 * The keys of a file's records, as bytes, in order of their first appearance: a key's place is its column's.
 *
 * A key is looked up without a string or an object being made for it. Each is followed by a closing quote, so that one comparison
 * tells both that a key is the expected one and where it ends.
 */
export class KeyTable {
  #bytes = new Uint8Array(1024);
  /** Where each key begins, and behind the last one where the next would. */
  #starts = new Int32Array(64);
  #count = 0;
  /** Columns by the hash of their key, plus one; 0 is free. At most half of it is taken. */
  #slots = new Int32Array(128);

  get count(): number {
    return this.#count;
  }

  /** Bytes of all keys together, and one for each. */
  get byteLength(): number {
    return this.#starts[this.#count] ?? 0;
  }

  /** The text of a key. */
  textOf(column: number): string {
    const bytes = this.#bytes.subarray(this.#starts[column] ?? 0, (this.#starts[column + 1] ?? 0) - 1);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  /** Whether at a place, behind an opening quote, stands a column's key and a closing quote; gives the place behind, else 0. */
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

  /** The column of a key, its escapes resolved; −1 where no record had it so far. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashBytes(bytes, from, to) & mask; ; slot = (slot + 1) & mask) {
      const column = (this.#slots[slot] ?? 0) - 1;
      if (column < 0 || this.#isSame(column, bytes, from, to)) return column;
    }
  }

  /** Adds a key that isn't there yet, its escapes resolved; gives its column. */
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

/** Whether JSON has a character only as an escape: a control character, a quote, a backslash. */
function needsEscape(byte: number): boolean {
  return byte < 0x20 || byte === quote || byte === 0x5c;
}

/** Copies an array to the beginning of a larger one. */
function grown<A extends Uint8Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
