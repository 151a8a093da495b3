import type { ByteReader } from "../text-file/byte-reader.ts";

/**
 * A part of a text file in memory: bytes `from` to `to` of `bytes`. More bytes are read after them as needed. The memory
 * grows with the record that it must hold and shrinks again after it.
 */
export class ByteWindow {
  bytes: Uint8Array<ArrayBuffer>;
  from = 0;
  to = 0;
  /** Whether the file has no bytes after `to`. */
  isEnd = false;
  readonly #reader: ByteReader;
  readonly #usualBytes: number;
  readonly #mostBytes: number;

  /** The memory begins with `usualBytes` and is at most `mostBytes`. */
  constructor(reader: ByteReader, usualBytes: number, mostBytes: number) {
    this.#reader = reader;
    this.#usualBytes = usualBytes;
    this.#mostBytes = mostBytes;
    this.bytes = memoryOf(usualBytes);
  }

  get length(): number {
    return this.to - this.from;
  }

  /** Whether all allowed memory is full of bytes that are still needed. */
  get isFull(): boolean {
    return this.length >= this.#mostBytes;
  }

  /** Reads until there are at least `count` bytes, the file ends, or no more fit. Moves the present bytes to the beginning. */
  async fill(count: number): Promise<void> {
    if (this.isEnd || this.length >= count) return;
    this.#makeRoom(Math.min(count, this.#mostBytes));
    const limit = this.bytes.length - spareBytes;
    while (this.to < Math.min(count, limit)) {
      const read = await this.#reader.read(this.bytes.subarray(0, limit), this.to);
      // The memory may have been released meanwhile.
      if (read === 0 || this.isEnd) {
        this.isEnd = true;
        return;
      }
      this.to += read;
    }
  }

  /** Releases the memory. */
  drop(): void {
    this.bytes = new Uint8Array(0);
    this.from = 0;
    this.to = 0;
    this.isEnd = true;
  }

  #makeRoom(count: number): void {
    const wanted = Math.max(this.#usualBytes, count);
    const { length } = this;
    if (wanted + spareBytes > this.bytes.length || wanted + spareBytes < this.bytes.length / 2) {
      const bytes = memoryOf(wanted);
      bytes.set(this.bytes.subarray(this.from, this.to));
      this.bytes = bytes;
    } else this.bytes.copyWithin(0, this.from, this.to);
    this.from = 0;
    this.to = length;
  }
}

/** Code that searches words of four bytes, or copies eight at a time, reads bytes after the last one. */
const spareBytes = 16;

function memoryOf(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Math.ceil(length / 8) * 8 + spareBytes);
}
