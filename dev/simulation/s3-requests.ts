import { partBytesOf } from "../../src/job/store/s3/part-size.ts";

/** Requests to the store for one result. */
export interface S3Requests {
  /** What services bill as writes: PUT, COPY, POST and LIST. */
  readonly writes: number;
  /** GET and HEAD. */
  readonly reads: number;
  /** DELETE, which most services don't bill; the abort of an upload is one. */
  readonly deletes: number;
}

const gibibyte = 1024 ** 3;

/**
 * The requests that the S3 store sends to make a result, without repeated ones: a result of one part is written by one request.
 * A larger one is begun, sent in parts, completed, copied to its name (above 1 GiB in pieces, as an upload of its own) and its
 * parts are removed. Each result is then looked for.
 */
export function requestsToMake(bytes: number): S3Requests {
  const parts = partsOf(bytes);
  if (parts === 1) return { writes: 1, reads: 1, deletes: 0 };
  const copies = bytes <= gibibyte ? 1 : Math.ceil(bytes / gibibyte) + 2;
  const listing = 1;
  return { writes: 1 + parts + 1 + copies + listing, reads: 1, deletes: 2 };
}

/** The requests for a result until it has expired: its making, so many downloads, and its removal. */
export function requestsInAll(bytes: number, downloads: number): S3Requests {
  const { writes, reads, deletes } = requestsToMake(bytes);
  // The server looks for the object, and the client gets it.
  return { writes, reads: reads + 2 * downloads, deletes: deletes + 1 };
}

function partsOf(bytes: number): number {
  let parts = 1;
  for (let sent = partBytesOf(1); sent < bytes; sent += partBytesOf(parts)) parts += 1;
  return parts;
}
