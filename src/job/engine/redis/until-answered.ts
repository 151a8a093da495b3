import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats a call to Redis until it answers.
 * @param options.mayRetry asked after each failure; the last error is thrown when it says no
 */
export async function untilAnswered<T>(
  call: () => Promise<T>,
  {
    pauseMs,
    mayRetry,
    onFailure,
  }: {
    readonly pauseMs: number;
    readonly mayRetry: () => boolean;
    readonly onFailure: (error: unknown) => void;
  },
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      onFailure(error);
      if (!mayRetry()) throw error;
      await sleep(pauseMs);
    }
  }
}
