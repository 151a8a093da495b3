import { isThenable } from "../body/chunk-reader.ts";

/**
 * Watches what a caller's hook returned. A hook may be an async function: nobody waits for it, but a rejection that
 * nobody handles would end the process.
 */
export function watchHook(returned: unknown, onRejected: (reason: unknown) => void): void {
  if (isThenable(returned)) returned.then(undefined, onRejected);
}
