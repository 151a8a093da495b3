import type { Delivery } from "../../src/ground.ts";

/** What decides how long a response holds its slot. */
export interface HoldFactors {
  readonly delivery: Delivery;
  readonly bodyBytes: number;
  /** Time to make the rows when nothing holds that up, or to find and open a file that is ready. */
  readonly makingSeconds: number;
  /** The rate at which the client reads. */
  readonly bytesPerSecond: number;
  /** Bytes in socket buffers: the server finishes that much earlier than the client. */
  readonly kernelBytes: number;
}

/** What the kernel buffers of a connection between two processes of one machine, where it was not measured. */
export const usualKernelBytes = 4 * 1024 ** 2;

/**
 * How long a slot is held by analysis, for a body of S bytes, K of them in the kernel, at a drain rate r, made in a
 * time g. Streamed: making and draining overlap, max(g, (S − K)/r). Buffered, or a file that is ready: one after the
 * other, g + max(0, (S − K)/r). So streaming saves at most the smaller of both times, and none of the three deliveries
 * frees a slot from a slow reader.
 */
export function expectedHoldSeconds(factors: HoldFactors): number {
  const { delivery, bodyBytes, makingSeconds, bytesPerSecond, kernelBytes } = factors;
  const drainingSeconds = Math.max(0, bodyBytes - kernelBytes) / bytesPerSecond;
  if (delivery === "streaming") return Math.max(makingSeconds, drainingSeconds);
  return makingSeconds + drainingSeconds;
}
