import type { Transform } from "node:stream";
import { toError } from "../../errors.ts";
import { neverRejects } from "../../never-rejects.ts";

/** Pulls the output of a decompressing stream. At most the requested bytes and one block ahead are decompressed. */
export class StreamOutput {
  readonly #stream: Transform;
  readonly #input: AsyncIterable<Uint8Array>;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #rest: Uint8Array = new Uint8Array(0);

  /** `input` may reuse a block's memory when the next block is requested. */
  constructor(stream: Transform, input: AsyncIterable<Uint8Array>) {
    this.#stream = stream;
    this.#input = input;
    // `read` reports errors. This avoids an unhandled rejection if nobody reads any more.
    stream.on("error", () => undefined);
  }

  async read(target: Uint8Array, at: number): Promise<number> {
    const chunks = this.#chunks ?? this.#begin();
    while (this.#rest.length === 0) {
      const next = await chunks.next();
      if (next.done === true) {
        this.close();
        return 0;
      }
      this.#rest = next.value;
    }
    const part = this.#rest.subarray(0, target.length - at);
    target.set(part, at);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }

  #begin(): AsyncIterator<Uint8Array> {
    this.#chunks = this.#stream[Symbol.asyncIterator]();
    neverRejects(feed(this.#stream, this.#input));
    return this.#chunks;
  }

  close(): void {
    this.#rest = new Uint8Array(0);
    this.#stream.destroy();
  }
}

/** An error of the input destroys the stream with it, so that the next read throws it. */
async function feed(stream: Transform, input: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const block of input) {
      await written(stream, block);
      if (stream.destroyed) return;
    }
    stream.end();
  } catch (error) {
    stream.destroy(toError(error));
  }
}

/** Waits until the stream has consumed the block or is closed. An ended stream calls no callback. */
async function written(stream: Transform, block: Uint8Array): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off("close", done);
      resolve();
    };
    stream.once("close", done);
    stream.write(block, done);
  });
}
