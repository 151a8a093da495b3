import {
  type BodyKind,
  type ChunkReader,
  type EarlyFailure,
  openReader,
  type Pulled,
} from "./chunk-reader.ts";

/**
 * One body that is read once: one reader, one abort signal, one clean-up.
 *
 * Nothing is read before it is asked for, and nothing is held but the reader. Closing is the same whether the body was
 * read to its end, in part or not at all: the signal fires first (not after the end), then the source is given back.
 */
export class Body {
  readonly #reader: ChunkReader;
  readonly #controller = new LazyController();
  #hasEnded = false;
  #closing: Promise<void> | undefined;

  /** @param kind what it is made of, where that isn't text and bytes */
  constructor(body: unknown, kind?: BodyKind) {
    this.#reader = openReader(body, () => this.#controller.signal, kind);
  }

  /** The signal that a producer gets. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next step; a promise only where the source is asynchronous. Give what it holds to {@link accept}. */
  pull(): Pulled | Promise<Pulled> {
    return this.#hasEnded || this.#closing !== undefined
      ? { done: true, value: undefined }
      : this.#reader.read();
  }

  /** Notes whether a step was the last; true while there is a chunk. */
  accept(step: Pulled): boolean {
    if (step.done === true && this.#closing === undefined) this.#hasEnded = true;
    return step.done !== true;
  }

  /** What the source is known to have failed with before anything was pulled, such as a stream that is destroyed already. */
  get failure(): EarlyFailure | undefined {
    return this.#reader.failure;
  }

  /** Whether the memory of a chunk is used again once the next is asked for. */
  get isLending(): boolean {
    return this.#reader.isLending === true;
  }

  /** Whether it was closed before its end: then nothing more comes, which isn't an end. */
  get wasCutShort(): boolean {
    return this.#closing !== undefined && !this.#hasEnded;
  }

  /** Fires the producer's signal, unless the body was read to its end. */
  abort(reason: unknown): void {
    if (!this.#hasEnded) this.#controller.abort(reason);
  }

  /**
   * Gives the source back, once, however often it is called. It settles when the source's own clean-up does: never,
   * where that never settles, so callers bound their wait.
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: unknown): Promise<void> {
    this.abort(reason);
    await this.#reader.close(reason);
  }
}

/** Few bodies ask for a signal, and an AbortController costs more than the rest of a body. */
class LazyController {
  #controller: AbortController | undefined;
  #reason: { readonly value: unknown } | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason.value);
    }
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#reason ??= { value: reason };
    this.#controller?.abort(reason);
  }
}
