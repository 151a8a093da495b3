import type { Interruption } from "../async/interruption.ts";
import type { Coding, Compressor } from "./coding.ts";

const nothing = new Uint8Array(0);

/**
 * A compressor as calls that give what they made. Bytes go into it piece by piece, each when the one before is compressed, or
 * gathered in blocks, of which one is filled while the other is compressed on a thread of Node's pool.
 *
 * All but `gather` and `destroy` wait, one at a time. After an interruption they reject with its cause.
 */
export class BlockCompressor {
  readonly #compressor: Compressor;
  readonly #coding: Coding;
  readonly #blockBytes: number;
  readonly #interruption: Pick<Interruption<unknown>, "race">;
  /** The block that is being filled, and the one that may be read meanwhile. They have no memory until something is gathered. */
  #block = nothing;
  #otherBlock = nothing;
  #gatheredBytes = 0;
  #pending: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  /** @param blockBytes - a block is full with so many bytes; the last piece may make it larger */
  constructor(
    coding: Coding,
    level: number | undefined,
    blockBytes: number,
    interruption: Pick<Interruption<unknown>, "race">,
  ) {
    this.#coding = coding;
    this.#blockBytes = blockBytes;
    this.#compressor = coding.open(level);
    this.#interruption = interruption;
    this.#compressor.on("error", (error: Error) => {
      this.#error = error;
      this.#reject?.(error);
    });
  }

  /** Compresses a piece, and frees the memory of blocks. What it doesn't give yet comes with a flush. */
  write(piece: Uint8Array): Promise<Uint8Array> {
    this.#start((done) => void this.#compressor.write(piece, done));
    this.#block = this.#otherBlock = nothing;
    return this.#output();
  }

  /** Copies a piece into the block. Gives whether it is full: it must then be compressed. */
  gather(piece: Uint8Array): boolean {
    const bytes = this.#gatheredBytes + piece.byteLength;
    if (bytes > this.#block.byteLength) {
      const larger = new Uint8Array(Math.max(bytes, this.#blockBytes));
      larger.set(this.#block.subarray(0, this.#gatheredBytes));
      this.#block = larger;
    }
    this.#block.set(piece, this.#gatheredBytes);
    this.#gatheredBytes = bytes;
    return bytes >= this.#blockBytes;
  }

  /** Starts to compress and flush the block, and gives what the one before has become. */
  async compressBlock(): Promise<Uint8Array> {
    const output = await this.#output();
    this.#startFlush(this.#coding.flushKind);
    return output;
  }

  /** Gives all that is still missing of what was written and gathered. */
  flush(): Promise<Uint8Array> {
    this.#startFlush(this.#coding.flushKind);
    return this.#output();
  }

  /** Gives the rest, with the end of the member. Not by `end()`, whose callback comes before the last output does. */
  finish(): Promise<Uint8Array> {
    this.#startFlush(this.#coding.finishKind);
    return this.#output();
  }

  destroy(): void {
    this.#compressor.destroy();
  }

  #startFlush(kind: number): void {
    this.#start((done) => this.#compressor.flush(kind, done));
  }

  /** Hands over what was gathered, and then calls. The compressor keeps the order of its calls. */
  #start(call: (done: (error?: Error | null) => void) => void): void {
    const gathered = this.#block.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    [this.#block, this.#otherBlock] = [this.#otherBlock, this.#block];
    this.#pending = new Promise((resolve, reject) => {
      this.#reject = reject;
      if (gathered.byteLength > 0) this.#compressor.write(gathered);
      call((error) => (error == null ? resolve() : reject(error)));
      if (this.#error !== undefined) reject(this.#error);
    });
    // It is awaited later, or never.
    this.#pending.catch(() => undefined);
  }

  async #output(): Promise<Uint8Array> {
    await this.#interruption.race(this.#pending);
    const output: unknown = this.#compressor.read();
    return output instanceof Uint8Array ? output : nothing;
  }
}
