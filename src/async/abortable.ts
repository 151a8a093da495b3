import { toError } from "../errors.ts";

/** What a promise gives, unless a signal fires first: then its reason is thrown, and the promise is left behind. */
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
