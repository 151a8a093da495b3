import type { CodingName } from "../../compression/coding.ts";

/** Limits on client behaviour, and headers for caches. Sizes are in bytes, times in milliseconds. */
export interface HttpSettings {
  /** The request line and all header lines together; more is a 431. */
  readonly headBytes: number;
  /** Header lines; more is a 431. */
  readonly headerCount: number;
  /** The path and query as they are sent; more is a 414. */
  readonly targetBytes: number;
  /** Parameters of a query; more is a 400. */
  readonly parameterCount: number;
  /** Rows of an export that a request may ask for; more, or an unknown number, is a 400. Null for no limit. */
  readonly mostRows: number | null;
  /**
   * Open connections of one client's address; more get a 429. Of IPv6 a network of 64 bits counts as one. Behind a proxy all
   * have the proxy's address. Null for no limit.
   */
  readonly connectionsPerAddress: number | null;
  /** A request's body, which is read and discarded, but for a form of the page; more, or an unknown length, is a 413. */
  readonly bodyBytes: number;
  /**
   * From the start of a connection, or the first byte of a later request, until the head is complete; after that a
   * 408.
   */
  readonly headTimeoutMs: number;
  /** The same, until the body is complete. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept after an answer. */
  readonly keepAliveTimeoutMs: number;
  /** The Cache-Control of exports. */
  readonly cacheControl: string;
  /**
   * Codings for streamed exports; the first one wins if the client accepts several equally. An empty list turns
   * compression off.
   */
  readonly codings: readonly CodingName[];
}

/** The defaults of `stream-csv serve`. */
export const defaultHttpSettings: HttpSettings = {
  headBytes: 16 * 1024,
  headerCount: 100,
  targetBytes: 8 * 1024,
  parameterCount: 100,
  mostRows: null,
  connectionsPerAddress: null,
  bodyBytes: 64 * 1024,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 5000,
  cacheControl: "private, no-store",
  codings: ["zstd", "br", "gzip"],
};
