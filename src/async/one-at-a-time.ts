import { neverRejects } from "../never-rejects.ts";

/** Something that is done again and again, but never twice at once. It handles its own failures. */
export class OneAtATime {
  readonly #act: () => Promise<void>;
  #running: Promise<void> | undefined;

  constructor(act: () => Promise<void>) {
    this.#act = act;
  }

  /** The run that is under way; undefined if none is. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Begins a run, unless one is under way. */
  begin(): void {
    if (this.#running !== undefined) return;
    this.#running = this.#act().finally(() => {
      this.#running = undefined;
    });
    neverRejects(this.#running);
  }
}
