import type { BrotliCompress, Gzip } from "node:zlib";

/** A content coding by its registered name (RFC 9110, section 8.4.1; zstd: RFC 8878). */
export type CodingName = "zstd" | "br" | "gzip";

/** The levels of each coding, from the fastest to the smallest. It includes codings that this Node does not have. */
export const codingLevels = {
  zstd: { least: 1, most: 22 },
  br: { least: 0, most: 11 },
  gzip: { least: 0, most: 9 },
} as const satisfies Readonly<Record<CodingName, unknown>>;

/** A compressor of Node: bytes in, bytes out, one member, and a flush that makes all bytes so far readable. */
export type Compressor = Pick<Gzip & BrotliCompress, "write" | "flush" | "read" | "destroy" | "on">;

/** One way to compress a body. */
export interface Coding {
  readonly name: CodingName;
  /** The flush that ends a block, so that a reader can decode all bytes so far. It never starts a new member. */
  readonly flushKind: number;
  /** The flush that ends the member. */
  readonly finishKind: number;
  /** Opens a compressor. Its output is read only after a write has been processed, so it must never wait for a reader. */
  open(level: number | undefined): Compressor;
  /** Compresses everything at once and blocks the event loop, so it is for small content only. */
  compress(bytes: Uint8Array, level: number | undefined): Uint8Array;
}

/**
 * Output is read after each write, so a limit on waiting output could only cause a deadlock. Each time its room of so many bytes is
 * full takes another way to the compressor's thread and back; this much is enough for most writes.
 */
export const outputOptions = {
  readableHighWaterMark: Number.MAX_SAFE_INTEGER,
  chunkSize: 32 * 1024,
} as const;
