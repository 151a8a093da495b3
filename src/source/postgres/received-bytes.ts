/** What memory there is at first: for one read of the socket, and a part of a row before it. */
const usualBytes = 80 * 1024;
/** Memory that a long row has made larger than this is given back. */
const mostKeptBytes = 1024 ** 2;

/**
 * Bytes that were received and not yet read, in one piece. Its memory is used again: what was read gives way to what is added, so
 * the bytes are valid until then.
 */
export class ReceivedBytes {
  /** All of the memory; what was received lies from `start` to `end`. */
  memory = Buffer.alloc(usualBytes);
  #start = 0;
  #end = 0;

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get byteLength(): number {
    return this.#end - this.#start;
  }

  /** Copies bytes behind those that are there. */
  add(bytes: Uint8Array): void {
    this.makeRoom(bytes.byteLength);
    this.memory.set(bytes, this.#end);
    this.#end += bytes.byteLength;
  }

  /** Makes room for bytes that are to be added, so that those of a long row needn't be moved each time some of them come. */
  makeRoom(count: number): void {
    const needed = this.byteLength + count;
    const isTooLarge = this.memory.byteLength > mostKeptBytes && needed <= usualBytes;
    if (needed > this.memory.byteLength || isTooLarge) {
      const memory = Buffer.alloc(isTooLarge ? usualBytes : needed + usualBytes);
      this.memory.copy(memory, 0, this.#start, this.#end);
      this.memory = memory;
    } else if (this.#end + count > this.memory.byteLength) this.memory.copyWithin(0, this.#start, this.#end);
    else return;
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Says that everything before a place was read. */
  readTo(place: number): void {
    this.#start = place;
  }

  /** A copy of some of the bytes, for who may keep them. */
  copy(from: number, to: number): Buffer {
    return Buffer.from(this.memory.subarray(from, to));
  }
}
