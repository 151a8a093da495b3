import type { Delivery } from "../../src/internal.ts";

/** What decides for how long a response holds its slot. */
export interface HoldFactors {
  readonly delivery: Delivery;
  readonly bodyBytes: number;
  /** Time to make the rows, when nobody holds that up; to find and open a file that is ready. */
  readonly makingSeconds: number;
  /** What the client takes. */
  readonly bytesPerSecond: number;
  /** What lies in socket buffers, so that the server is done with it before the client is. */
  readonly kernelBytes: number;
}

/**
 * How long a slot is to be held by analysis, for a body of S bytes, K of them in the kernel, at a drain rate r, made
 * in a time g. Streamed: making and draining overlap, max(g, (S − K)/r). Buffered, or a file that lies ready: one
 * after the other, g + max(0, (S − K)/r). So streaming saves at most the smaller of both times, and none of the three
 * frees a slot from a slow reader.
 */
export function expectedHoldSeconds(factors: HoldFactors): number {
  const { delivery, bodyBytes, makingSeconds, bytesPerSecond, kernelBytes } = factors;
  const drainingSeconds = Math.max(0, bodyBytes - kernelBytes) / bytesPerSecond;
  if (delivery === "streaming") return Math.max(makingSeconds, drainingSeconds);
  return makingSeconds + drainingSeconds;
}
