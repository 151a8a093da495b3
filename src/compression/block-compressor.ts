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
  readonly #flushBytes: number;
  readonly #interruption: Pick<Interruption<unknown>, "race">;
  /** The block that is being filled, and the one that may be read meanwhile. They have no memory until something is gathered. */
  #block = nothing;
  #otherBlock = nothing;
  #gatheredBytes = 0;
  #unflushedBytes = 0;
  #isAhead = false;
  #pending: Promise<void> = Promise.resolve();
  #error: Error | undefined;
  #reject: ((error: Error) => void) | undefined;

  /**
   * @param blockBytes - a block is full with so many bytes, or with `flushBytes`; the last piece may make it larger
   * @param flushBytes - after so many bytes of input a flush is due
   */
  constructor(
    coding: Coding,
    level: number | undefined,
    { blockBytes, flushBytes }: { readonly blockBytes: number; readonly flushBytes: number },
    interruption: Pick<Interruption<unknown>, "race">,
  ) {
    this.#coding = coding;
    this.#blockBytes = Math.min(blockBytes, flushBytes);
    this.#flushBytes = flushBytes;
    this.#compressor = coding.open(level);
    this.#interruption = interruption;
    this.#compressor.on("error", (error: Error) => {
      this.#error = error;
      this.#reject?.(error);
    });
  }

  /** Whether there is input whose output wasn't given. */
  get isBehind(): boolean {
    return this.#isAhead || this.#unflushedBytes > 0;
  }

  get isFlushDue(): boolean {
    return this.#unflushedBytes > 0 && this.#unflushedBytes >= this.#flushBytes;
  }

  /** Compresses a piece, and frees the memory of blocks. What it doesn't give yet comes with a flush. */
  write(piece: Uint8Array): Promise<Uint8Array> {
    this.#unflushedBytes += piece.byteLength;
    this.#start((gathered, done) => {
      if (gathered.byteLength > 0) this.#compressor.write(gathered);
      this.#compressor.write(piece, done);
    });
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
    this.#unflushedBytes += piece.byteLength;
    return bytes >= this.#blockBytes;
  }

  /** Starts to compress the block, with a flush if one is due, and gives what the one before has become. */
  async compressBlock(): Promise<Uint8Array> {
    const output = await this.#output();
    if (this.isFlushDue) this.#startFlush(this.#coding.flushKind);
    else this.#start((gathered, done) => void this.#compressor.write(gathered, done));
    this.#isAhead = true;
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
    this.#unflushedBytes = 0;
    this.#start((gathered, done) => {
      if (gathered.byteLength > 0) this.#compressor.write(gathered);
      this.#compressor.flush(kind, done);
    });
  }

  /** Calls the compressor with what was gathered. It keeps the order of its calls. */
  #start(call: (gathered: Uint8Array, done: (error?: Error | null) => void) => void): void {
    const gathered = this.#block.subarray(0, this.#gatheredBytes);
    this.#gatheredBytes = 0;
    [this.#block, this.#otherBlock] = [this.#otherBlock, this.#block];
    this.#pending = new Promise((resolve, reject) => {
      this.#reject = reject;
      call(gathered, (error) => (error == null ? resolve() : reject(error)));
      if (this.#error !== undefined) reject(this.#error);
    });
    // It is awaited later, or never.
    this.#pending.catch(() => undefined);
  }

  async #output(): Promise<Uint8Array> {
    await this.#interruption.race(this.#pending);
    this.#isAhead = false;
    const output = this.#compressor.read() as Uint8Array | null;
    return output ?? nothing;
  }
}
