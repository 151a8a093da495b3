import { eitherSignal } from "./either-signal.ts";

/**
 * Does work with a signal that fires with another one, or when the time is over. It fires at the end of the work too, so that
 * nothing of the work stays with the other signal. Not `AbortSignal.timeout`, which gives its listeners back only when it
 * fires.
 */
export async function withinTime<T>(
  limitMs: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), limitMs);
  try {
    return await work(eitherSignal(signal, over.signal));
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
