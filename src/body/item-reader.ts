import { clearImmediate, setImmediate } from "node:timers";
import { StreamCsvError } from "../errors.ts";
import { Body } from "./body.ts";
import type { BodyKind, EarlyFailure, Pulled } from "./chunk-reader.ts";
import { Interruption } from "../async/interruption.ts";
import { letManyListen } from "../async/let-many-listen.ts";

/**
 * Takes the items of a body in groups: as many as arrive without waiting, but at least one.
 *
 * Nothing is pulled before the first `take`. Closing it, or aborting its signal, takes effect at once, even while it
 * waits for an item: the pending `take` rejects, and the body is closed.
 */
export class ItemReader {
  readonly #body: Body;
  #signal: AbortSignal | undefined;
  readonly #interruption = new Interruption<unknown>();
  /** A step that was pulled but not yet taken. */
  #pending: Promise<Pulled> | undefined;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  /** @throws TypeError `SCSV_ARG_TYPE` for a value that can't be a body of that kind */
  constructor(body: unknown, kind: BodyKind, signal?: AbortSignal) {
    this.#body = new Body(body, kind);
    if (signal !== undefined) this.closeOn(signal);
  }

  /** Closes the reader when the signal fires, with the signal's reason. At most one signal. */
  closeOn(signal: AbortSignal): void {
    this.#signal = signal;
    letManyListen(signal);
    if (signal.aborted) this.#abort();
    else signal.addEventListener("abort", this.#abort, { once: true });
  }

  /** The error of a body that failed before the first pull. */
  get failure(): EarlyFailure | undefined {
    return this.#body.failure;
  }

  /** Fires when the body won't be read to its end. */
  get signal(): AbortSignal {
    return this.#body.signal;
  }

  /**
   * Takes up to `most` items that arrive without a pause; an empty array at the end.
   * @param isLast is called with each item before the next one is pulled, and says whether this call stops pulling
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
        if (step === paused) break;
        this.#pending = undefined;
        if (!this.#accept(step)) break;
        taken.push(step.value);
        if (isLast?.(step.value) === true) break;
      }
    } catch (error) {
      // A failed body is no longer busy; an interrupted one may be.
      if (this.#interruption.cause === undefined) this.#pending = undefined;
      this.#end();
      throw error;
    } finally {
      pause?.end();
    }
    return taken;
  }

  /** Waits for a promise; closing the reader ends this wait as it ends a `take`. */
  wait<T>(promise: PromiseLike<T>): Promise<T> {
    return this.#interruption.race(promise);
  }

  /** Whether it was closed before its end. */
  get isInterrupted(): boolean {
    return this.#interruption.cause !== undefined;
  }

  /**
   * Closes the body, once, whether it was read or not. It waits for the body's clean-up, unless the body is still
   * making an item: a generator returns only after that, or never. Every call returns the same promise, so that the
   * reader gets an error of the clean-up even after an abort.
   */
  close(reason?: unknown): Promise<void> {
    this.#closing ??= this.#close(reason);
    return this.#closing;
  }

  async #close(reason: unknown): Promise<void> {
    // Even without a reason the pending take must reject, not look like the end of the items.
    if (!this.#isEnded) this.#interruption.raise(reason ?? givenBack());
    this.#end();
    const isBusy = this.#pending !== undefined;
    const closing = this.#body.close(reason);
    // The pending step may never settle. The reader already has the reason of the interruption as its error.
    if (isBusy) closing.catch(() => undefined);
    else await closing;
  }

  #accept(step: Pulled): boolean {
    if (this.#body.accept(step)) return true;
    this.#end();
    return false;
  }

  /** Waits for a step, or for the beginning of the pause. */
  #settled(pulled: Promise<Pulled>, pause: Pause | undefined): Promise<Pulled | typeof paused> {
    this.#pending = pulled;
    return this.#interruption.wait<Pulled | typeof paused>((resolve, reject) => {
      pulled.then(resolve, reject);
      pause?.begun.then(resolve, reject);
    });
  }

  #end(): void {
    this.#isEnded = true;
    this.#signal?.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    // The reader calls `close` too, and gets the error from that call.
    this.close(this.#signal?.reason).catch(() => undefined);
  };
}

function givenBack(): StreamCsvError {
  return new StreamCsvError("SCSV_CANCELLED", "The reader was closed before all rows were read.");
}

const paused = Symbol("paused");

/**
 * Begins with the next turn of the event loop, when nothing more can arrive without a timer or input. Not by the global function, which
 * the timers of a test may stand in for.
 */
class Pause {
  readonly begun: Promise<typeof paused>;
  #immediate: NodeJS.Immediate | undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#immediate = setImmediate(resolve, paused);
    });
  }

  end(): void {
    clearImmediate(this.#immediate);
  }
}
