/**
 * Marks a body that lends its chunks: it reuses the memory of a chunk when the next one is pulled. The mark is on the body,
 * so a caller can't forget it. Code that keeps a chunk of such a body copies the chunk.
 */
const lendsChunks = Symbol("stream-csv.lendsChunks");

/** Marks chunks as lent; returns the same object. */
export function lendChunks<T extends object>(chunks: T): T {
  return Object.assign(chunks, { [lendsChunks]: true });
}

/** Marks chunks as lent if `source` lends its chunks: for a wrapper that passes on the same memory. */
export function lendChunksAs<T extends object>(source: object, chunks: T): T {
  return isLending(source) ? lendChunks(chunks) : chunks;
}

/** Whether a body lends its chunks. */
export function isLending(body: unknown): boolean {
  return typeof body === "object" && body !== null && lendsChunks in body;
}
