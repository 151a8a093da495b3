/**
 * Lets a caller make the next piece while the one before is written. One piece is being written at any time; what fails first,
 * the writing or the making, is what the whole failed with.
 */
export class WriteBehind {
  readonly #stop: (error: unknown) => void;
  #writing: Promise<void> = Promise.resolve();
  #firstFault: { readonly error: unknown } | undefined;

  /** `stop` is called with what failed, and ends the making and the writing, however long they would take. */
  constructor(stop: (error: unknown) => void) {
    this.#stop = stop;
  }

  /**
   * Waits until the piece before is written, and begins to write this one.
   * @throws what writing the piece before threw
   */
  async begin(write: () => Promise<void>): Promise<void> {
    await this.#writing;
    this.#writing = write();
    this.#writing.catch((error: unknown) => this.#fail(error));
  }

  /**
   * Waits until the last piece is written.
   * @throws what writing it threw
   */
  async finish(): Promise<void> {
    await this.#writing;
  }

  /** Stops after a failure, waits until nothing is being written, and gives the error that came first. */
  async abandon(reason: unknown): Promise<unknown> {
    this.#fail(reason);
    await this.#writing.catch(() => undefined);
    return this.#firstFault?.error;
  }

  #fail(error: unknown): void {
    this.#firstFault ??= { error };
    this.#stop(error);
  }
}
