/**
 * Random bits for the cells of one column, by row number. A row always gives the same bits, in any order and in any worker.
 * A call returns 32 bits from a finalizer in which every input bit affects every output bit. There is no sequence, so the
 * cost of a slice depends only on its length.
 */
export class CellHash {
  readonly #salt: number;
  #seed = 0;
  #columnKey = 0;
  #high = 0;
  #key = 0;
  #lateKey = 0;

  /** `salt` distinguishes the columns of an export. */
  constructor(salt: number) {
    this.#salt = salt;
    this.#begin();
  }

  /** Sets the seed of further bits, 0 to 2^53 − 1. The initial seed is 0. */
  reseed(seed: number): void {
    if (seed === this.#seed) return;
    this.#seed = seed;
    this.#begin();
  }

  /** Returns 32 random bits, as an unsigned number, for a row number from 0 to 2^53 − 1. */
  bits(row: number): number {
    const high = Math.floor(row / 2 ** 32);
    if (high !== this.#high) this.#rekey(high);
    return mix((row >>> 0) ^ this.#key, this.#lateKey);
  }

  /** Returns a uniformly distributed whole number from 0 to `count` − 1. `count` is at most 2^32. */
  below(row: number, count: number): number {
    return below(this.bits(row), count);
  }

  /** Writes the bits of `count` rows from row number `firstRow` on to the beginning of `target`. */
  fill(target: Uint32Array, firstRow: number, count: number): void {
    // Rows within the same 2^32 have the same keys, so they can be counted in 32 bits.
    const isWithin = Math.floor(firstRow / 2 ** 32) === Math.floor((firstRow + count - 1) / 2 ** 32);
    if (!isWithin) {
      for (let index = 0; index < count; index += 1) target[index] = this.bits(firstRow + index);
      return;
    }
    this.bits(firstRow);
    const first = firstRow | 0;
    const key = this.#key;
    const lateKey = this.#lateKey;
    for (let index = 0; index < count; index += 1) target[index] = mix((first + index) ^ key, lateKey);
  }

  #begin(): void {
    const seed = this.#seed;
    const low = mix(seed >>> 0, 0x3c6ef372);
    const high = mix(Math.floor(seed / 2 ** 32) ^ low, 0x1b873593);
    this.#columnKey = mix(this.#salt ^ high, 0x9e3779b9);
    this.#rekey(0);
  }

  #rekey(high: number): void {
    this.#high = high;
    this.#key = mix(this.#columnKey ^ high, 0x2545f491);
    this.#lateKey = mix(this.#key, 0x6c8e9cf5);
  }
}

/** Maps 32 random bits to a uniformly distributed whole number from 0 to `count` − 1. `count` is at most 2^32. */
export function below(bits: number, count: number): number {
  return Math.floor((bits / 2 ** 32) * count);
}

/** A 32-bit finalizer of two multiplications and three shifts, with keys between them. */
function mix(input: number, key: number): number {
  let bits = input ^ (input >>> 16);
  bits = Math.imul(bits, 0x7feb352d);
  bits = (bits ^ (bits >>> 15)) + key;
  bits = Math.imul(bits, 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}
