import type { Clock } from "../clock.ts";
import { wrongRange } from "../errors.ts";

/** When a reader is too slow. */
export interface ProgressLimits {
  /**
   * Bytes a second, judged over a minute of waiting for the reader at least, and over as long as 2 MiB take at that rate
   * where nothing is seen of its progress; 0 for any. @default 0
   */
  readonly minRateBytesPerSecond?: number;
  /** How long a reader may take nothing at all, in milliseconds; 0 for ever. @default 0 */
  readonly idleTimeoutMs?: number;
}

/** What is looked at now and then. */
export interface Progress {
  /** Whether it is the reader that is waited for, and not the source. */
  readonly isWaiting: boolean;
  /** Bytes handed to the kernel so far. */
  readonly takenBytes: number;
}

/** Kernel buffers of some megabytes hide a slow reader's progress for long, so less than this proves nothing. */
const rateWindowMs = 60_000;

/**
 * What a reader may have taken unseen: Linux says that a socket can be written to again only when a third of its buffer
 * has emptied, and that grows to 4 MiB. A reader of 20,000 bytes a second is seen to take 1.5 MB every 75 seconds, and
 * nothing in between.
 */
const unseenBytes = 2 * 1024 ** 2;

/**
 * Watches whether a reader keeps up, with one timer for the whole body and none where there are no limits.
 *
 * Only time in which the reader is waited for counts: a slow source is no reader's fault. The rate is judged from one
 * progress to another that is at least a minute later, since progress comes in bursts; where none comes, a reader is too
 * slow once it would be even with all that it may have taken unseen.
 */
export class ProgressWatch {
  readonly #limits: Required<ProgressLimits>;
  readonly #clock: Clock;
  readonly #probe: () => Progress;
  readonly #onTooSlow: (message: string) => void;
  readonly #timer: NodeJS.Timeout | undefined;
  #lastMs: number;
  #lastTakenBytes = 0;
  #idleMs = 0;
  #windowMs = 0;
  #windowBytes = 0;

  /** @throws RangeError `SCSV_ARG_RANGE` for a limit that is negative or no number */
  constructor(
    limits: ProgressLimits,
    clock: Clock,
    probe: () => Progress,
    onTooSlow: (message: string) => void,
  ) {
    const { minRateBytesPerSecond = 0, idleTimeoutMs = 0 } = limits;
    requireLimit("minRateBytesPerSecond", minRateBytesPerSecond);
    requireLimit("idleTimeoutMs", idleTimeoutMs);
    this.#limits = { minRateBytesPerSecond, idleTimeoutMs };
    this.#clock = clock;
    this.#probe = probe;
    this.#onTooSlow = onTooSlow;
    this.#lastMs = clock.nowMs();
    if (minRateBytesPerSecond > 0 || idleTimeoutMs > 0) {
      const intervalMs = Math.min(1000, idleTimeoutMs > 0 ? Math.max(5, idleTimeoutMs / 4) : 1000);
      this.#timer = setInterval(() => this.#look(), intervalMs).unref();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { isWaiting, takenBytes } = this.#probe();
    const nowMs = this.#clock.nowMs();
    const elapsedMs = nowMs - this.#lastMs;
    const progressBytes = takenBytes - this.#lastTakenBytes;
    this.#lastMs = nowMs;
    this.#lastTakenBytes = takenBytes;
    this.#windowBytes += progressBytes;
    this.#idleMs = isWaiting && progressBytes === 0 ? this.#idleMs + elapsedMs : 0;
    if (isWaiting) this.#windowMs += elapsedMs;
    this.#judgeIdleness();
    this.#judgeRate(progressBytes > 0);
  }

  #judgeIdleness(): void {
    const { idleTimeoutMs } = this.#limits;
    if (idleTimeoutMs > 0 && this.#idleMs >= idleTimeoutMs)
      this.#onTooSlow(`The client took nothing for ${Math.round(this.#idleMs)} ms.`);
  }

  #judgeRate(isProgress: boolean): void {
    const { minRateBytesPerSecond } = this.#limits;
    if (minRateBytesPerSecond === 0 || this.#windowMs < rateWindowMs) return;
    const rateOf = (bytes: number): number => (bytes / this.#windowMs) * 1000;
    const highestRate = rateOf(this.#windowBytes + (isProgress ? 0 : unseenBytes));
    if (highestRate < minRateBytesPerSecond) {
      const rate = Math.round(rateOf(this.#windowBytes));
      this.#onTooSlow(
        `The client took ${rate} bytes a second, fewer than the ${minRateBytesPerSecond} it must.`,
      );
    }
    if (!isProgress) return;
    this.#windowMs = 0;
    this.#windowBytes = 0;
  }
}

function requireLimit(name: string, value: number): void {
  if (typeof value !== "number" || !(value >= 0)) {
    throw wrongRange(`${name} is a number from 0, where 0 means no limit; not ${String(value)}.`);
  }
}
