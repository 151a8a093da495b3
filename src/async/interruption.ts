/**
 * Lets waits end early, without a listener or promise that lives as long as the whole transfer.
 *
 * `Promise.race` against one long-lived promise would add a reaction to that promise for every chunk, and keep them
 * all until the end. Therefore each wait is its own promise, and only the current one is stored.
 */
export class Interruption<Cause> {
  #raised: { readonly cause: Cause } | undefined;
  #reject: ((cause: Cause) => void) | undefined;

  /** Why waits end early; undefined before `raise`. */
  get cause(): Cause | undefined {
    return this.#raised?.cause;
  }

  /** Ends the current wait and all later ones; only the first cause counts. */
  raise(cause: Cause): void {
    if (this.#raised !== undefined) return;
    this.#raised = { cause };
    this.#reject?.(cause);
  }

  /** Waits until `start` settles the promise; an interruption rejects it with the cause. Only one wait at a time. */
  wait<T>(start: (resolve: (value: T) => void, reject: (reason: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      start(resolve, reject);
      if (this.#raised !== undefined) reject(this.#raised.cause);
    });
  }

  /** Waits for a promise. After an interruption the promise is ignored, and its rejection counts as handled. */
  race<T>(promise: PromiseLike<T>): Promise<T> {
    return this.wait((resolve, reject) => void promise.then(resolve, reject));
  }
}
