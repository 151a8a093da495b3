import { defaultMaxListeners, getMaxListeners, setMaxListeners } from "node:events";

/**
 * Lets any number listen to a signal, such as the one that ends all transfers of a server. Node 20 warns of a leak when the eleventh
 * listens; later lines don't count who listens to a signal. A limit that somebody has set stays.
 */
export function letManyListen(signal: AbortSignal): void {
  // Signals of other realms and of polyfills have no limit that could be set.
  if (signal instanceof AbortSignal && limitOf(signal) === defaultMaxListeners)
    setMaxListeners(Number.POSITIVE_INFINITY, signal);
}

function limitOf(signal: AbortSignal): number {
  try {
    return getMaxListeners(signal);
  } catch {
    // Node 20 throws where the limit is 0, which is none.
    return 0;
  }
}
