/** Memory for one part after the other. It grows when a part is larger than those before, and is never given back. */
export class PartBuffer {
  #memory = Buffer.alloc(0);
  #bytes = 0;
  #capacity = 0;

  /** Empties it for a part of that size. */
  start(capacity: number): void {
    this.#bytes = 0;
    this.#capacity = capacity;
    // Pages that are never written to take no memory of the machine, so that a small result needs little.
    if (this.#memory.byteLength < capacity) this.#memory = Buffer.allocUnsafeSlow(capacity);
  }

  /** Copies what fits, and returns the rest. */
  fill(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.#capacity - this.#bytes);
    this.#memory.set(taken, this.#bytes);
    this.#bytes += taken.byteLength;
    return chunk.subarray(taken.byteLength);
  }

  /** The bytes it has, in its own memory. */
  get content(): Uint8Array {
    return this.#memory.subarray(0, this.#bytes);
  }
}
