/** What a watch asks and whom it tells. */
export interface LivenessHost {
  /** Resolves when the process's event loop has come to answer; rejects when the process ends before. */
  ping(): Promise<void>;
  /** It hasn't answered for a while. */
  onSilent(): void;
  /** It has answered again after that. */
  onAnswer(): void;
  /** It hasn't answered for as long as it may. */
  onHung(): void;
}

/** After so many ticks without an answer a process counts as silent. */
const silentTicks = 2;

/**
 * Notices a process that hangs: one that is stopped (SIGSTOP), or runs in an endless loop.
 *
 * Time is counted in ticks of the process that watches, so that one that was suspended itself, with a laptop's lid, doesn't
 * take all others for hung when it wakes.
 */
export class LivenessWatch {
  readonly #host: LivenessHost;
  readonly #hungTicks: number;
  #isAsked = false;
  #unansweredTicks = 0;

  constructor(host: LivenessHost, hungTicks: number) {
    this.#host = host;
    this.#hungTicks = Math.max(silentTicks + 1, hungTicks);
  }

  /** To be called at regular intervals. */
  tick(): void {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#host.ping().then(
        () => this.#answered(),
        () => undefined, // Its end is told by its exit.
      );
      return;
    }
    this.#unansweredTicks += 1;
    if (this.#unansweredTicks === silentTicks) this.#host.onSilent();
    if (this.#unansweredTicks === this.#hungTicks) this.#host.onHung();
  }

  #answered(): void {
    this.#isAsked = false;
    const wasSilent = this.#unansweredTicks >= silentTicks;
    this.#unansweredTicks = 0;
    if (wasSilent) this.#host.onAnswer();
  }
}

/** How often processes are asked, so that one that hangs is noticed within `limitMs`. */
export function tickInterval(limitMs: number): number {
  return Math.min(1000, Math.ceil(limitMs / (silentTicks + 2)));
}
