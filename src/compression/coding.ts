import type { BrotliCompress, Gzip } from "node:zlib";

/** A content coding by its registered name (RFC 9110, section 8.4.1; zstd: RFC 8878). */
export type CodingName = "zstd" | "br" | "gzip";

/** The levels of each coding, from the fastest to the smallest, whether this Node has it or not. */
export const codingLevels = {
  zstd: { least: 1, most: 22 },
  br: { least: 0, most: 11 },
  gzip: { least: 0, most: 9 },
} as const satisfies Readonly<Record<CodingName, unknown>>;

/** A compressor of Node's: bytes in, bytes out, one member, and a flush that makes all bytes so far readable. */
export type Compressor = Pick<Gzip & BrotliCompress, "write" | "flush" | "read" | "destroy" | "on">;

/** One way to code a body. */
export interface Coding {
  readonly name: CodingName;
  /** The flush that ends a block, so that a reader can decode all there is; none starts a new member. */
  readonly flushKind: number;
  /** The flush that ends the member. */
  readonly finishKind: number;
  /** A compressor that is read when a write has been taken, and so must never wait for a reader. */
  open(level: number | undefined): Compressor;
  /** Everything at once, on the event loop: for small content only. */
  compress(bytes: Uint8Array, level: number | undefined): Uint8Array;
}

/** Output is taken after each write, so a limit to what may wait would only deadlock. */
export const neverFull = { readableHighWaterMark: Number.MAX_SAFE_INTEGER } as const;
