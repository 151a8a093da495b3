/** Whether a worker is ready, draining or idle. */
export class WorkerState {
  #isReady = true;
  #isDraining = false;
  #requests = 0;
  readonly #onIdle: (() => void)[] = [];

  /** Whether `/readyz` succeeds. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether new exports are refused, and connections are closed after their answer. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Makes `/readyz` fail; everything else continues. */
  unready(): void {
    this.#isReady = false;
  }

  /** Counts a request as being answered until the returned function is called. */
  begin(): () => void {
    this.#requests += 1;
    return () => {
      this.#requests -= 1;
      if (this.#requests === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    };
  }

  /** Refuses new exports; resolves when no request is being answered. */
  async drain(): Promise<void> {
    this.#isReady = false;
    this.#isDraining = true;
    if (this.#requests > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }
}
