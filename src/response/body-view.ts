import { copyBytes } from "../body/chunk.ts";
import { StreamCsvError } from "../errors.ts";
import type { Body } from "../body/body.ts";
import { failureOf, type EarlyFailure, type Pulled } from "../body/chunk-reader.ts";

/**
 * A body as bytes: each chunk is converted when it is pulled. Views of one body share its progress. A view keeps its
 * body when the response gets another one.
 */
export class BodyView implements AsyncIterableIterator<Uint8Array> {
  readonly #body: Body;
  readonly #encodeChunk: (chunk: unknown) => Uint8Array;

  constructor(body: Body, encodeChunk: (chunk: unknown) => Uint8Array) {
    this.#body = body;
    this.#encodeChunk = encodeChunk;
  }

  /** The next step, not yet converted; a promise only if the source is asynchronous. Pass the step to {@link take}. */
  pull(): Pulled | Promise<Pulled> {
    return this.#body.pull();
  }

  /** The bytes of a step; undefined at the end. The caller may keep them. */
  take(step: Pulled): Uint8Array | undefined {
    const bytes = this.borrow(step);
    return bytes !== undefined && this.isLending ? copyBytes(bytes) : bytes;
  }

  /** The same bytes without a copy: a body that lends its chunks reuses the memory when the next one is pulled. */
  borrow(step: Pulled): Uint8Array | undefined {
    return this.#body.accept(step) ? this.#encodeChunk(step.value) : undefined;
  }

  get isLending(): boolean {
    return this.#body.isLending;
  }

  /**
   * The error of a response that was closed before the end of its body. The sender must not take such a stop for the
   * end.
   */
  get cutShort(): StreamCsvError | undefined {
    if (!this.#body.wasCutShort) return undefined;
    return new StreamCsvError("SCSV_CANCELLED", "The response was closed before its body was sent.");
  }

  /** @throws the error of a source that has failed already */
  check(): void {
    const failure = this[failureOf]();
    if (failure !== undefined) throw failure.error;
  }

  [failureOf](): EarlyFailure | undefined {
    return this.#body.failure;
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
