/**
 * Waits for a promise for at most `limitMs`; true if it settled in time. A rejection, in time or late, goes to
 * `onRejected`, so it is never unhandled.
 */
export async function settleWithin(
  promise: PromiseLike<unknown>,
  limitMs: number,
  onRejected: (reason: unknown) => void,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const isSettled = promise.then(
    () => true,
    (reason: unknown) => {
      onRejected(reason);
      return true;
    },
  );
  try {
    return await Promise.race([isSettled, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
