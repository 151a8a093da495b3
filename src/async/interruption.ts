/**
 * Waits that end early when something happens, without a listener or a promise that lives as long as the whole.
 *
 * `Promise.race` against one promise of "it was cut" would add a reaction to that promise at every chunk, and they would
 * all be kept until the end; so each wait is its own promise, and only the current one is known here.
 */
export class Interruption<Cause> {
  #raised: { readonly cause: Cause } | undefined;
  #reject: ((cause: Cause) => void) | undefined;

  /** Why waits end early; undefined as long as they don't. */
  get cause(): Cause | undefined {
    return this.#raised?.cause;
  }

  /** Ends the current wait and all later ones; only the first cause counts. */
  raise(cause: Cause): void {
    if (this.#raised !== undefined) return;
    this.#raised = { cause };
    this.#reject?.(cause);
  }

  /** A promise that `start` settles, unless it is interrupted: then it rejects with the cause. One at a time. */
  wait<T>(start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      start(resolve, reject);
      if (this.#raised !== undefined) reject(this.#raised.cause);
    });
  }

  /** What a promise gives; when it is interrupted, the promise is left behind and its rejection is taken care of. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return this.wait((resolve, reject) => void promise.then(resolve, reject));
  }
}
