import type { Result } from "autocannon";

/** How many short requests a server answered in a while. */
export interface ShortRequestCount {
  readonly answered: number;
  readonly perSecond: number;
  /** Requests that failed, timed out or weren't answered with a 2xx. */
  readonly failed: number;
}

/** How short requests are made. */
export interface ShortRequestOptions {
  /** The longest it goes on. */
  readonly durationMs: number;
  /** Ends it earlier, with what was counted so far. */
  readonly enough?: AbortSignal;
  /** Connections, each with one request at a time. */
  readonly connections: number;
  readonly signal: AbortSignal;
}

/** autocannon stops, and counts, at multiples of this. */
const sampleMs = 50;

/**
 * Lets autocannon ask for a small answer over and over: a closed loop, in which each connection sends its next request
 * when the one before is answered. It counts what a server has room for; it tells nothing of how late answers are.
 */
export async function countShortRequests(url: URL, options: ShortRequestOptions): Promise<ShortRequestCount> {
  const { durationMs, connections, signal, enough } = options;
  signal.throwIfAborted();
  const ended = enough === undefined ? signal : AbortSignal.any([signal, enough]);
  // Loaded only now: a server that takes its inside numbers from here has no use for a load generator.
  const { default: autocannon } = await import("autocannon");
  // Its callback form returns the running instance, which can be stopped.
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: url.href,
        connections,
        duration: durationMs / 1000,
        sampleInt: sampleMs,
        excludeErrorStats: true,
      },
      (error: unknown, done) => {
        ended.removeEventListener("abort", stop);
        if (error === null || error === undefined) resolve(done);
        else reject(new Error("autocannon couldn't run", { cause: error }));
      },
    );
    const stop = (): void => instance.stop();
    ended.addEventListener("abort", stop, { once: true });
  });
  signal.throwIfAborted();
  return {
    answered: result["2xx"],
    perSecond: result["2xx"] / result.duration,
    failed: result.errors + result.non2xx,
  };
}
