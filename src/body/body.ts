import { wrongType } from "../errors.ts";
import { describeValue } from "./chunk.ts";
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
 * Nothing is read before the first pull, and only the reader is kept. Closing works the same whether the body was
 * read to its end, in part or not at all: the signal fires first (unless the end was reached), then the source is
 * closed.
 */
export class Body {
  readonly #reader: ChunkReader;
  readonly #controller = new LazyController();
  #hasEnded = false;
  /** Whether a step was pulled that hasn't been accepted. It stays so after a failure. */
  #isBusy = false;
  #closing: Promise<void> | undefined;

  /** @param kind what the body is made of, if not text and bytes */
  constructor(body: unknown, kind?: BodyKind) {
    this.#reader = openReader(body, () => this.#controller.signal, kind);
  }

  /** The signal that is passed to the producer. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next step; a promise only if the source is asynchronous. Pass the step to {@link accept}. */
  pull(): Pulled | Promise<Pulled> {
    if (this.#hasEnded || this.#closing !== undefined) return { done: true, value: undefined };
    this.#isBusy = true;
    return this.#reader.read();
  }

  /** Records whether a step was the last one; true if it has a chunk. */
  accept(step: Pulled): boolean {
    this.#isBusy = false;
    requireStep(step);
    if (step.done === true && this.#closing === undefined) this.#hasEnded = true;
    return step.done !== true;
  }

  /** The error of a source that failed before the first pull, such as a stream that was destroyed. */
  get failure(): EarlyFailure | undefined {
    return this.#reader.failure;
  }

  /** Whether the body reuses the memory of a chunk when the next one is pulled. */
  get isLending(): boolean {
    return this.#reader.isLending === true;
  }

  /** Whether it was closed before its end. No more chunks come then, although the end wasn't reached. */
  get wasCutShort(): boolean {
    return this.#closing !== undefined && !this.#hasEnded;
  }

  /** Fires the producer's signal, unless the body was read to its end. */
  abort(reason: unknown): void {
    if (!this.#hasEnded) this.#controller.abort(reason);
  }

  /**
   * Closes the source, once, however often it is called. It settles when the source's clean-up does, which may be
   * never; callers must limit their wait.
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: unknown): Promise<void> {
    this.abort(reason);
    await this.#reader.close(reason, this.#isBusy);
  }
}

/** A broken iterator's step without `done` would count as an item, and one that isn't there as the end. */
function requireStep(step: unknown): void {
  if (typeof step === "object" && step !== null) return;
  throw wrongType(
    `The next() of a body's iterator gave ${describeValue(step)}, not an object with done and value.`,
  );
}

/**
 * Creates its AbortController on demand: few bodies use a signal, and a controller costs more than the rest of a
 * body.
 */
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
