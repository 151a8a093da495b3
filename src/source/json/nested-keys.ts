import { hashBytes } from "./hash-bytes.ts";
import { writeUnescaped } from "./rewrite-text.ts";

/** Up to so many keys are compared each with each, which is quicker than a table. */
const fewKeys = 8;
/** What is kept from one record for the next. */
const usualLength = 1024;

/**
 * The keys of the objects that are open within a record, to find one that an object has twice. The keys of an inner object
 * lie behind those of the objects around it. Kept by their place, as pairs of beginning and end, the end as `~end` where the key
 * holds escapes.
 */
export class NestedKeys {
  #places = new Int32Array(usualLength);
  /** Places in use: two a key. */
  #length = 0;
  #table = new Int32Array(usualLength);
  readonly #scratch = [new Uint8Array(256), new Uint8Array(256)] as const;

  /** How far the keys known so far reach; given when an object opens, taken when it closes. */
  get mark(): number {
    return this.#length;
  }

  push(start: number, end: number, hasEscapes: boolean): void {
    if (this.#length === this.#places.length) {
      const places = new Int32Array(2 * this.#places.length);
      places.set(this.#places);
      this.#places = places;
    }
    this.#places[this.#length] = start;
    this.#places[this.#length + 1] = hasEscapes ? ~end : end;
    this.#length += 2;
  }

  /** Forgets the keys from a mark on, those of an object that closes; gives the place of one it has twice, −1 if there is none. */
  close(bytes: Uint8Array, mark: number): number {
    const count = (this.#length - mark) / 2;
    const found = count <= fewKeys ? this.#compareEach(bytes, mark) : this.#compareHashed(bytes, mark, count);
    this.#length = mark;
    return found;
  }

  /** Begins a record. */
  clear(): void {
    this.#length = 0;
    if (this.#places.length > usualLength) this.#places = new Int32Array(usualLength);
    if (this.#table.length > usualLength) this.#table = new Int32Array(usualLength);
  }

  /** The bytes were moved by so many places towards the beginning. */
  rebase(shift: number): void {
    for (let index = 0; index < this.#length; index += 1) {
      const place = this.#places[index] ?? 0;
      this.#places[index] = place < 0 ? ~(~place - shift) : place - shift;
    }
  }

  #compareEach(bytes: Uint8Array, mark: number): number {
    for (let later = mark + 2; later < this.#length; later += 2)
      for (let earlier = mark; earlier < later; earlier += 2)
        if (this.#isSame(bytes, earlier, later)) return this.#places[later] ?? 0;
    return -1;
  }

  #compareHashed(bytes: Uint8Array, mark: number, count: number): number {
    const size = 2 ** (32 - Math.clz32(2 * count - 1));
    if (this.#table.length < size) this.#table = new Int32Array(size);
    else this.#table.fill(0, 0, size);
    const table = this.#table;
    for (let key = mark; key < this.#length; key += 2) {
      let slot = this.#hash(bytes, key) & (size - 1);
      for (;;) {
        const other = (table[slot] ?? 0) - 1;
        if (other < 0) break;
        if (this.#isSame(bytes, other, key)) return this.#places[key] ?? 0;
        slot = (slot + 1) & (size - 1);
      }
      table[slot] = key + 1;
    }
    return -1;
  }

  #isSame(bytes: Uint8Array, one: number, other: number): boolean {
    const oneStart = this.#places[one] ?? 0;
    const oneEnd = this.#places[one + 1] ?? 0;
    const otherStart = this.#places[other] ?? 0;
    const otherEnd = this.#places[other + 1] ?? 0;
    if (oneEnd >= 0 && otherEnd >= 0) {
      const length = oneEnd - oneStart;
      if (length !== otherEnd - otherStart) return false;
      for (let index = 0; index < length; index += 1)
        if (bytes[oneStart + index] !== bytes[otherStart + index]) return false;
      return true;
    }
    const [first, second] = this.#scratch;
    return Buffer.compare(this.#textOf(bytes, one, first), this.#textOf(bytes, other, second)) === 0;
  }

  #hash(bytes: Uint8Array, key: number): number {
    const end = this.#places[key + 1] ?? 0;
    if (end >= 0) return hashBytes(bytes, this.#places[key] ?? 0, end);
    const text = this.#textOf(bytes, key, this.#scratch[0]);
    return hashBytes(text, 0, text.length);
  }

  /** A key with its escapes resolved. */
  #textOf(bytes: Uint8Array, key: number, scratch: Uint8Array): Uint8Array {
    const start = this.#places[key] ?? 0;
    const end = this.#places[key + 1] ?? 0;
    if (end >= 0) return bytes.subarray(start, end);
    const target = ~end - start <= scratch.length ? scratch : new Uint8Array(~end - start);
    return target.subarray(0, writeUnescaped(bytes, start, ~end, target, 0));
  }
}
