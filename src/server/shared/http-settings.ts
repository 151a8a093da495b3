import type { CodingName } from "../../compression/coding.ts";

/** What the server puts up with from clients, and what it tells caches. Sizes are in bytes, times in milliseconds. */
export interface HttpSettings {
  /** The request line and all header lines together; more is a 431. */
  readonly headBytes: number;
  /** Header lines; more is a 431. */
  readonly headerCount: number;
  /** The path and query as they are sent; more is a 414. */
  readonly targetBytes: number;
  /** Parameters of a query; more is a 400. */
  readonly parameterCount: number;
  /** A request's body, which is read and thrown away; more, or a length that isn't said, is a 413. */
  readonly bodyBytes: number;
  /** From the first moment of a connection, or the first byte of a further request, until its head is whole; then a 408. */
  readonly headTimeoutMs: number;
  /** The same until its body is whole. */
  readonly requestTimeoutMs: number;
  /** How long a connection is kept that has been answered and asks nothing. */
  readonly keepAliveTimeoutMs: number;
  /** The Cache-Control of exports. */
  readonly cacheControl: string;
  /** What streamed exports may be compressed with, the first where a client likes several equally; none switches it off. */
  readonly codings: readonly CodingName[];
}

/** What `stream-csv serve` uses. */
export const defaultHttpSettings: HttpSettings = {
  headBytes: 16 * 1024,
  headerCount: 100,
  targetBytes: 8 * 1024,
  parameterCount: 100,
  bodyBytes: 64 * 1024,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 5000,
  cacheControl: "private, no-store",
  codings: ["zstd", "br", "gzip"],
};
