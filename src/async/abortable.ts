import { toError } from "../errors.ts";

/** Waits for a promise. If the signal fires first, it throws the signal's reason and ignores the promise. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const listening = new AbortController();
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        signal.throwIfAborted();
        signal.addEventListener("abort", () => reject(toError(signal.reason)), { signal: listening.signal });
      }),
    ]);
  } finally {
    listening.abort();
  }
}
