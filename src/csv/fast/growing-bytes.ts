import { wrongRange } from "../../errors.ts";
import type { ChunkMemory } from "../chunk-memory.ts";

/** The first size of a buffer. It gets this size again after a long text has made it much larger. */
const usualBytes = 256 * 1024;
const mostKeptBytes = 1024 * 1024;

/** Places are kept in 32 bits. */
const mostBytes = 2 ** 31 - 1;

/**
 * Bytes that are written from the beginning on, and grow as needed. Copies of eight bytes at a time may go beyond what
 * they copy, so there are always some free bytes behind what was reserved.
 */
export class GrowingBytes {
  bytes = new Uint8Array(usualBytes);
  /** The same memory, for writing several bytes at once. */
  view = new DataView(this.bytes.buffer);

  /** Makes room up to `end` and keeps what is written. Afterwards `bytes` and `view` may be other objects. */
  reserve(end: number): Uint8Array {
    if (end + overshootBytes > this.bytes.length) this.#grow(end + overshootBytes);
    return this.bytes;
  }

  /** Gives back what a long text took. */
  shrink(): void {
    if (this.bytes.length > mostKeptBytes) this.#use(new Uint8Array(usualBytes));
  }

  /** A copy of what is written up to `end`. */
  take(end: number, memory: ChunkMemory): Uint8Array {
    const chunk = memory.take(end);
    chunk.set(this.bytes.subarray(0, end));
    this.shrink();
    return chunk;
  }

  #grow(length: number): void {
    if (length > mostBytes)
      throw wrongRange("The text of these rows is longer than 2 GiB: hand the encoder fewer at a time.");
    const larger = new Uint8Array(Math.min(mostBytes, Math.max(length, 2 * this.bytes.length)));
    larger.set(this.bytes);
    this.#use(larger);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

/** How far beyond its end a copy may write, and beyond a cell's end it may read. */
export const overshootBytes = 16;
