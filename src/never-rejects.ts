/**
 * Takes a promise that nobody awaits because it never rejects. If it rejects all the same, that is a fault of this program
 * and is thrown as an uncaught exception, as Node does with an unhandled rejection.
 */
export function neverRejects(promise: PromiseLike<unknown>): void {
  promise.then(undefined, (fault: unknown) => {
    queueMicrotask(() => {
      throw fault;
    });
  });
}
