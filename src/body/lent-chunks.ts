/**
 * Marks a body that lends its chunks: it uses the memory of a chunk again once the next one is asked for. The body says so
 * itself, so that nobody who sends it can forget to. Whoever keeps a chunk of such a body copies it.
 */
const lendsChunks = Symbol("stream-csv.lendsChunks");

/** Marks chunks as lent; gives the same object. */
export function lendChunks<T extends object>(chunks: T): T {
  return Object.assign(chunks, { [lendsChunks]: true });
}

/** Marks chunks as lent where those they are made from are: for a wrapper that hands on the very same memory. */
export function lendChunksAs<T extends object>(source: object, chunks: T): T {
  return isLending(source) ? lendChunks(chunks) : chunks;
}

/** Whether a body lends its chunks. */
export function isLending(body: unknown): boolean {
  return typeof body === "object" && body !== null && lendsChunks in body;
}
