import { totalmem } from "node:os";

/** The most bytes of a buffered body whose size is chosen here. */
export const mostBufferedBytes = 256 * 1024 ** 2;

/** What our server may use for buffered bodies: generous, because their cost should be measured, not refused. */
export function bufferMemoryBytes(): number {
  return Math.max(mostBufferedBytes, Math.floor(totalmem() / 4));
}
