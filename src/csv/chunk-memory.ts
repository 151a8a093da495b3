/** Where the bytes of chunks lie. */
export interface ChunkMemory {
  /** Memory of that many bytes, to be written whole. */
  take(byteLength: number): Uint8Array;
}

/** Each chunk has memory of its own, and belongs to the caller. */
export const ownMemory: ChunkMemory = { take: (byteLength) => new Uint8Array(byteLength) };

const roundedToBytes = 8 * 1024;
/** A chunk with one long text may be far larger than the others. Its memory is not kept. */
const mostKeptBytes = 256 * 1024;

/**
 * One memory for all chunks of one text. A chunk is valid until the next one is taken. New memory for every chunk would cost
 * a third as much as encoding it: the kernel clears each page, and the engine collects the garbage of the whole process
 * every few megabytes.
 */
export class LentMemory implements ChunkMemory {
  #bytes = new Uint8Array(0);

  take(byteLength: number): Uint8Array {
    if (byteLength > mostKeptBytes) return new Uint8Array(byteLength);
    if (byteLength > this.#bytes.byteLength || byteLength < this.#bytes.byteLength / 2)
      this.#bytes = new Uint8Array(Math.ceil(byteLength / roundedToBytes) * roundedToBytes);
    return this.#bytes.subarray(0, byteLength);
  }
}

/** Two memories in turn: a chunk is valid until the next but one is taken, so that it can be written while the next is made. */
export class DoubleMemory implements ChunkMemory {
  #next = new LentMemory();
  #last = new LentMemory();

  take(byteLength: number): Uint8Array {
    [this.#next, this.#last] = [this.#last, this.#next];
    return this.#last.take(byteLength);
  }
}
