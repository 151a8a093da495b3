import { setTimeout as sleep } from "node:timers/promises";

/** How often {@link sampling} takes a sample. */
export interface SamplingPace {
  /** The pause after a sample. @default 50 */
  readonly everyMs?: number;
  /** The most that samples take of the time: pauses get longer where one takes long. @default any */
  readonly mostShare?: number;
}

/**
 * Calls a function at once, and then repeatedly until it is stopped, and a last time then.
 * @returns a function that stops it, and rejects with what the called function threw
 */
export function sampling(
  take: (elapsedMs: number) => Promise<void>,
  { everyMs = 50, mostShare = Number.POSITIVE_INFINITY }: SamplingPace = {},
): () => Promise<void> {
  const stopping = new AbortController();
  const running = (async () => {
    let beforeMs = performance.now();
    while (!stopping.signal.aborted) {
      const nowMs = performance.now();
      await take(nowMs - beforeMs);
      beforeMs = nowMs;
      const pauseMs = Math.max(everyMs, (performance.now() - nowMs) / mostShare);
      // Only the abort rejects it, and the loop checks that next.
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await take(performance.now() - beforeMs);
  })();
  // It is awaited when it is stopped.
  running.catch(() => undefined);
  return async () => {
    stopping.abort();
    await running;
  };
}
