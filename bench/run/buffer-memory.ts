import { memoryLimitBytes } from "../probe/memory-limit.ts";

/** The most bytes of a buffered body whose size is chosen here. */
export const mostBufferedBytes = 256 * 1024 ** 2;

/**
 * What our server may use for buffered bodies: generous, because their cost should be measured, not refused. It is a share
 * of what the container has, because a worker that is killed for lack of memory measures nothing.
 */
export function bufferMemoryBytes(): number {
  return Math.max(mostBufferedBytes, Math.floor(memoryLimitBytes() / 4));
}
