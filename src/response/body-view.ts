import { StreamCsvError } from "../errors.ts";
import type { Body } from "../stream/body.ts";
import type { Pulled } from "../stream/chunk-reader.ts";

/**
 * A body seen as bytes: chunks are converted one by one, when they are asked for. Views of one body share its progress,
 * and a view stays with its body when the response is given another one.
 */
export class BodyView implements AsyncIterableIterator<Uint8Array> {
  readonly #body: Body;
  readonly #encodeChunk: (chunk: unknown) => Uint8Array;

  constructor(body: Body, encodeChunk: (chunk: unknown) => Uint8Array) {
    this.#body = body;
    this.#encodeChunk = encodeChunk;
  }

  /** The next step, still raw, without a promise where the source is synchronous; what it holds goes to {@link take}. */
  pull(): Pulled | Promise<Pulled> {
    return this.#body.pull();
  }

  /** The bytes of a step, undefined at the end. */
  take(step: Pulled): Uint8Array | undefined {
    return this.#body.accept(step) ? this.#encodeChunk(step.value) : undefined;
  }

  /** Why there are no more bytes, where the response was closed before: whoever sends them mustn't take that for the end. */
  get cutShort(): StreamCsvError | undefined {
    if (!this.#body.wasCutShort) return undefined;
    return new StreamCsvError("SCSV_CANCELLED", "The response was closed before its body was sent.");
  }

  /** @throws what the source is known to have failed with already */
  check(): void {
    const { failure } = this.#body;
    if (failure !== undefined) throw failure.error;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.take(await this.pull());
    return value === undefined ? { done: true, value } : { done: false, value };
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#body.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
