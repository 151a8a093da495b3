/** The process that is watched, and the callbacks about it. */
export interface LivenessHost {
  /** Resolves when the process's event loop answers; rejects if the process ends before. */
  ping(): Promise<void>;
  /** The process hasn't answered for a while. */
  onSilent(): void;
  /** The process answers again. */
  onAnswer(): void;
  /** Nothing came of the process within the limit: no answer, and no other message. */
  onHung(): void;
}

/** A process counts as silent after this many ticks without an answer. */
const silentTicks = 2;

/**
 * Detects a process that hangs: one that is stopped (SIGSTOP), or runs in an endless loop.
 *
 * An answer comes behind everything that was sent before it, such as hundreds of connections, so a process that is late with it may
 * work; one that says anything at all runs its event loop.
 *
 * Time is counted in ticks of the watching process. So after that process was suspended itself, as by a closed
 * laptop, it doesn't consider all others hung.
 */
export class LivenessWatch {
  readonly #host: LivenessHost;
  readonly #hungTicks: number;
  #isAsked = false;
  #unansweredTicks = 0;
  /** Ticks since anything came of it. */
  #quietTicks = 0;

  constructor(host: LivenessHost, hungTicks: number) {
    this.#host = host;
    this.#hungTicks = Math.max(silentTicks + 1, hungTicks);
  }

  /** Call this at regular intervals. */
  tick(): void {
    if (!this.#isAsked) {
      this.#isAsked = true;
      this.#host.ping().then(
        () => this.#answered(),
        () => undefined, // The exit event reports the end.
      );
      return;
    }
    this.#unansweredTicks += 1;
    this.#quietTicks += 1;
    if (this.#unansweredTicks === silentTicks) this.#host.onSilent();
    if (this.#quietTicks === this.#hungTicks) this.#host.onHung();
  }

  /** Call this at every message of the process. */
  heard(): void {
    this.#quietTicks = 0;
  }

  #answered(): void {
    this.#isAsked = false;
    const wasSilent = this.#unansweredTicks >= silentTicks;
    this.#unansweredTicks = 0;
    this.#quietTicks = 0;
    if (wasSilent) this.#host.onAnswer();
  }
}

/** The tick interval with which a hang is detected within `limitMs`. */
export function tickInterval(limitMs: number): number {
  return Math.min(1000, Math.ceil(limitMs / (silentTicks + 2)));
}
