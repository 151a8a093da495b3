import { neverRejects } from "../../../never-rejects.ts";
import { toError } from "../../../errors.ts";

/** Something to remove from a bucket. It may be done twice. */
export type Removal = (signal: AbortSignal) => Promise<void>;

/** How long one removal may take in all. */
const limitMs = 20_000;
/** Tries of a removal until it is given up; a later start of a server, or a rule of the bucket, removes what is left then. */
const mostTries = 30;
/** Of removals that had failed, when the server stops. */
const lastLimitMs = 5000;

/** Removes what failed attempts left behind: at once, and again later when the store can't be reached. */
export class Leftovers {
  readonly #onWarning: (error: Error) => void;
  readonly #againMs: number;
  /** And how often each was tried. */
  readonly #left = new Map<Removal, number>();
  #timer: NodeJS.Timeout | undefined;
  #trying: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param onWarning called with the fault of each removal that failed */
  constructor(onWarning: (error: Error) => void, againMs = 60_000) {
    this.#onWarning = onWarning;
    this.#againMs = againMs;
  }

  /** Never rejects. */
  async remove(removal: Removal): Promise<void> {
    if (await this.#done(removal, limitMs)) return;
    this.#left.set(removal, 1);
    this.#tryLater();
  }

  /**
   * Removes at once, and once more later: a request of a process that was killed may be on its way, and be done after the
   * first removal. Never rejects.
   */
  async removeAlsoLater(removal: Removal): Promise<void> {
    const isDone = await this.#done(removal, limitMs);
    this.#left.set(removal, isDone ? mostTries - 1 : 1);
    this.#tryLater();
  }

  /** Tries once more what is left, and then gives up. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#trying;
    await this.#tryAll(lastLimitMs);
  }

  #tryLater(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#trying = this.#tryAgain();
      neverRejects(this.#trying);
    }, this.#againMs).unref();
  }

  async #tryAgain(): Promise<void> {
    await this.#tryAll(limitMs);
    if (this.#left.size > 0) this.#tryLater();
  }

  async #tryAll(withinMs: number): Promise<void> {
    await Promise.all(
      [...this.#left].map(async ([removal, tries]) => {
        this.#left.set(removal, tries + 1);
        if ((await this.#done(removal, withinMs)) || tries >= mostTries) this.#left.delete(removal);
      }),
    );
  }

  async #done(removal: Removal, withinMs: number): Promise<boolean> {
    try {
      await removal(AbortSignal.timeout(withinMs));
      return true;
    } catch (error) {
      this.#onWarning(toError(error));
      return false;
    }
  }
}
