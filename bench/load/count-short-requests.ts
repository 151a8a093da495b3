import type { Result } from "autocannon";
import { eitherSignal } from "../../src/ground.ts";
import type { RequestForm } from "../http/start-request.ts";
import { trustedCertificates } from "../http/trusted-certificates.ts";

/** How many short requests a server answered within a time. */
export interface ShortRequestCount {
  readonly answered: number;
  readonly perSecond: number;
  /** Requests that failed, timed out or were not answered with a 2xx. */
  readonly failed: number;
}

/** How to make short requests. */
export interface ShortRequestOptions extends Pick<RequestForm, "headers"> {
  /** The longest time. */
  readonly durationMs: number;
  /** Ends it earlier; what was counted until then is returned. */
  readonly enough?: AbortSignal;
  /** Connections, each with one request at a time. */
  readonly connections: number;
  readonly signal: AbortSignal;
}

/** autocannon stops, and counts, at multiples of this. */
const sampleMs = 50;

/**
 * Lets autocannon ask for a small answer again and again: a closed loop, in which each connection sends its next request
 * when the last one is answered. It counts how many requests a server can answer, and does not measure their latency.
 */
export async function countShortRequests(url: URL, options: ShortRequestOptions): Promise<ShortRequestCount> {
  const { durationMs, connections, signal, enough } = options;
  signal.throwIfAborted();
  const ended = enough === undefined ? signal : eitherSignal(signal, enough);
  // Loaded only now: a server that imports the bench for its inside numbers needs no load generator.
  const { default: autocannon } = await import("autocannon");
  // Its callback form returns the running instance, which can be stopped.
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url: url.href,
        headers: { ...options.headers },
        ...(url.protocol === "https:" ? { tlsOptions: { ca: [...trustedCertificates()] } } : {}),
        connections,
        duration: durationMs / 1000,
        sampleInt: sampleMs,
        excludeErrorStats: true,
      },
      (error: unknown, done) => {
        ended.removeEventListener("abort", stop);
        if (error === null || error === undefined) resolve(done);
        else reject(new Error("autocannon could not run", { cause: error }));
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
