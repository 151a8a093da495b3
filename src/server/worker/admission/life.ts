/** How far a worker is with stopping, and what it still answers. */
export class Life {
  #isReady = true;
  #isDraining = false;
  #requests = 0;
  readonly #onIdle: (() => void)[] = [];

  /** Whether `/readyz` says so. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Whether new exports are refused and connections closed after their answer. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on `/readyz` fails; everything else goes on. */
  unready(): void {
    this.#isReady = false;
  }

  /** Notes that a request is being answered, until the function it returns is called. */
  begin(): () => void {
    this.#requests += 1;
    return () => {
      this.#requests -= 1;
      if (this.#requests === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    };
  }

  /** Refuses new exports, and resolves when no request is being answered. */
  async drain(): Promise<void> {
    this.#isReady = false;
    this.#isDraining = true;
    if (this.#requests > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }
}
