import type { Clock } from "../clock.ts";
import { wrongRange } from "../errors.ts";

/** When a reader is too slow. */
export interface ProgressLimits {
  /**
   * Bytes a second that a reader must take; it is too slow once it is behind by what it should take in a minute, and by
   * 2 MiB at least, which kernel buffers may hide; 0 for any. @default 0
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

/** How far behind a reader may be: what it must take in so long. Less proves nothing, since kernel buffers hide much. */
const toleratedMs = 60_000;

/**
 * What a reader may have taken unseen is tolerated in any case. Linux says that a socket can be written to again only when a third of its buffer
 * has emptied, and that grows to 4 MiB. A reader of 20,000 bytes a second is seen to take 1.5 MB every 75 seconds, and
 * nothing in between.
 */
const unseenBytes = 2 * 1024 ** 2;

/**
 * Watches whether a reader keeps up, with one timer for the whole body and none where there are no limits.
 *
 * Only time in which the reader is waited for counts: a slow source is no reader's fault. What it
 * falls behind its rate adds up, and what it takes beyond its rate makes that good, though not beforehand: so progress in
 * bursts does no harm, and a reader that was fast and then stalls is found out as soon as one that never was.
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
  /** Bytes that the reader should have taken by now and hasn't. */
  #behindBytes = 0;

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
    this.#idleMs = isWaiting && progressBytes === 0 ? this.#idleMs + elapsedMs : 0;
    this.#judgeIdleness();
    this.#judgeRate(isWaiting ? elapsedMs : 0, progressBytes);
  }

  #judgeIdleness(): void {
    const { idleTimeoutMs } = this.#limits;
    if (idleTimeoutMs > 0 && this.#idleMs >= idleTimeoutMs)
      this.#onTooSlow(`The client took nothing for ${Math.round(this.#idleMs)} ms.`);
  }

  #judgeRate(waitedMs: number, progressBytes: number): void {
    const { minRateBytesPerSecond: rate } = this.#limits;
    if (rate === 0) return;
    this.#behindBytes = Math.max(0, this.#behindBytes + (rate * waitedMs) / 1000 - progressBytes);
    if (this.#behindBytes < Math.max(unseenBytes, (rate * toleratedMs) / 1000)) return;
    const behind = Math.round(this.#behindBytes);
    this.#onTooSlow(`The client is ${behind} bytes behind the ${rate} bytes a second that it must take.`);
  }
}

function requireLimit(name: string, value: number): void {
  if (typeof value !== "number" || !(value >= 0)) {
    throw wrongRange(`${name} is a number from 0, where 0 means no limit; not ${String(value)}.`);
  }
}
