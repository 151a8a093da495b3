import type { Clock } from "../clock.ts";
import { wrongRange } from "../errors.ts";

/** Limits that decide when a reader is too slow. */
export interface ProgressLimits {
  /**
   * Bytes per second that a reader must take; 0 for no limit. The reader is too slow when it is behind by one
   * minute's bytes and by at least 2 MiB, which kernel buffers may hide. @default 0
   */
  readonly minRateBytesPerSecond?: number;
  /** How long a reader may take nothing, in milliseconds; 0 for no limit. @default 0 */
  readonly idleTimeoutMs?: number;
}

/** The state that the watch samples. */
export interface Progress {
  /** Whether the transfer waits for the reader, not for the source. */
  readonly isWaiting: boolean;
  /** Bytes handed to the kernel so far. */
  readonly takenBytes: number;
}

/**
 * A reader may be behind by the bytes of this much time. A shorter time proves nothing, because kernel buffers hide
 * much.
 */
const toleratedMs = 60_000;

/**
 * A reader may always be behind by this much, because the kernel hides that much progress. Linux reports a socket as
 * writable only when a third of its buffer is empty, and the buffer grows to 4 MiB. A reader of 20,000 bytes per second
 * therefore shows 1.4 MB every 72 seconds, and nothing in between.
 */
const unseenBytes = 2 * 1024 ** 2;

/**
 * Watches whether a reader keeps up, with one timer for the whole body, or none without limits.
 *
 * Only the time spent waiting for the reader counts, because a slow source is not the reader's fault. The deficit
 * against the rate adds up; bytes beyond the rate reduce it, but never below zero. So progress in bursts does no
 * harm, and a fast reader that stalls is detected as soon as one that was always slow.
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
  /** Bytes that the reader should have taken by now, but hasn't. */
  #behindBytes = 0;

  /** @throws RangeError `SCSV_ARG_RANGE` for a limit that is negative or not a number */
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
    this.#onTooSlow(`The client is ${behind} bytes behind the ${rate} bytes per second that it must take.`);
  }
}

function requireLimit(name: string, value: number): void {
  if (typeof value !== "number" || !(value >= 0)) {
    throw wrongRange(`${name} is a number from 0, where 0 means no limit; not ${String(value)}.`);
  }
}
