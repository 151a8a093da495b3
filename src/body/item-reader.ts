import { StreamCsvError } from "../errors.ts";
import { Body } from "./body.ts";
import type { BodyKind, EarlyFailure, Pulled } from "./chunk-reader.ts";
import { Interruption } from "../async/interruption.ts";

/**
 * Takes the items of a body, some at a time: as many as come without waiting, at least one.
 *
 * Nothing is asked for before the first `take`. Closing it, or aborting its signal, takes effect at once, also while an
 * item is awaited: the pending `take` rejects, and the body is given back.
 */
export class ItemReader {
  readonly #body: Body;
  #signal: AbortSignal | undefined;
  readonly #interruption = new Interruption<unknown>();
  /** A step that was asked for, and hasn't been taken. */
  #pending: Promise<Pulled> | undefined;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  /** @throws TypeError `SCSV_ARG_TYPE` for a value that can't be a body of that kind */
  constructor(body: unknown, kind: BodyKind, signal?: AbortSignal) {
    this.#body = new Body(body, kind);
    if (signal !== undefined) this.closeOn(signal);
  }

  /** Closes it as soon as the signal fires, with the signal's reason. One signal at the most. */
  closeOn(signal: AbortSignal): void {
    this.#signal = signal;
    if (signal.aborted) this.#abort();
    else signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** What the body is known to have failed with before anything was asked of it. */
  get failure(): EarlyFailure | undefined {
    return this.#body.failure;
  }

  /** Fires when the body won't be read to its end. */
  get signal(): AbortSignal {
    return this.#body.signal;
  }

  /**
   * Up to `most` items, those that come without a pause; none when there are no more.
   * @param isLast which item nothing is asked for behind, in this call
   */
  async take(most: number, isLast?: (item: unknown) => boolean): Promise<readonly unknown[]> {
    if (this.#interruption.cause !== undefined) throw this.#interruption.cause;
    const taken: unknown[] = [];
    if (this.#isEnded) return taken;
    let pause: Pause | undefined;
    try {
      while (taken.length < most) {
        const pulled = this.#pending ?? this.#body.pull();
        if (!(pulled instanceof Promise)) {
          if (!this.#accept(pulled)) break;
          taken.push(pulled.value);
          if (isLast?.(pulled.value) === true) break;
          continue;
        }
        if (taken.length > 0) pause ??= new Pause();
        const step = await this.#settled(pulled, pause);
        if (step === undefined) break;
        this.#pending = undefined;
        if (!this.#accept(step)) break;
        taken.push(step.value);
        if (isLast?.(step.value) === true) break;
      }
    } catch (error) {
      // A body that has failed is not busy any more, one that was left behind may be.
      if (this.#interruption.cause === undefined) this.#pending = undefined;
      this.#end();
      throw error;
    } finally {
      pause?.end();
    }
    return taken;
  }

  /** What a promise gives; closing the reader ends the wait as it ends a `take`. */
  wait<T>(promise: PromiseLike<T>): Promise<T> {
    return this.#interruption.race(promise);
  }

  /** Whether it was closed before its end. */
  get isInterrupted(): boolean {
    return this.#interruption.cause !== undefined;
  }

  /**
   * Gives the body back, once, whether it was read or not. It waits for the body's clean-up, unless that is still busy
   * with an item: a generator returns after that, or never. Every call gives the same promise, so that an error of the
   * clean-up reaches whoever reads, also after an abort.
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: unknown): Promise<void> {
    // Without a reason the pending take must not pass for the end of the items.
    if (!this.#isEnded) this.#interruption.raise(reason ?? givenBack());
    this.#end();
    const isBusy = this.#pending !== undefined;
    const closing = this.#body.close(reason);
    if (isBusy) closing.catch(() => undefined);
    else await closing;
  }

  #accept(step: Pulled): boolean {
    if (this.#body.accept(step)) return true;
    this.#end();
    return false;
  }

  /** What a step gives; undefined when it isn't there before the pause, if there is one, begins. */
  #settled(pulled: Promise<Pulled>, pause: Pause | undefined): Promise<Pulled | undefined> {
    this.#pending = pulled;
    return this.#interruption.wait<Pulled | undefined>((resolve, reject) => {
      void pulled.then(resolve, reject);
      void pause?.begun.then(resolve);
    });
  }

  #end(): void {
    this.#isEnded = true;
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    // Whoever reads closes too, and gets the error there.
    this.close(this.#signal?.reason).catch(() => undefined);
  };
}

function givenBack(): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The rows were given back before all of them were read.");
}

/** Begins once nothing more can come without waiting for a timer or for input: with the next turn of the event loop. */
class Pause {
  readonly begun: Promise<undefined>;
  #immediate: NodeJS.Immediate | undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#immediate = setImmediate(resolve, undefined);
    });
  }

  end(): void {
    clearImmediate(this.#immediate);
  }
}
