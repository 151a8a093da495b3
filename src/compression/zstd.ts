import * as zlib from "node:zlib";
import { outputOptions, type Coding, type Compressor } from "./coding.ts";

/** Constants from zstd.h, because Node 20 has neither zstd nor its constants. */
const compressionLevelParameter = 100;
const windowLogParameter = 101;
const flushDirective = 1;
const endDirective = 2;
const defaultLevel = 3;

/** Every reader must accept up to 8 MiB (RFC 8878, section 3.1.1.1.2; RFC 9659). Browsers refuse more. */
const largestWindowLog = 23;

/** Above this level zstd chooses a larger window by itself. */
const largestLevelWithinWindow = 19;

/** Zstandard (RFC 8878) is faster than gzip and Brotli. It is undefined before Node 22.15, which has no zstd. */
export const zstd: Coding | undefined = findZstd();

function findZstd(): Coding | undefined {
  const create: unknown = Reflect.get(zlib, "createZstdCompress");
  const compressSync: unknown = Reflect.get(zlib, "zstdCompressSync");
  if (!isCompressorFactory(create) || !isSyncCompressor(compressSync)) return undefined;
  return {
    name: "zstd",
    flushKind: flushDirective,
    finishKind: endDirective,
    open: (level) => create({ ...optionsOf(level), ...outputOptions }),
    compress: (bytes, level) => compressSync(bytes, optionsOf(level)),
  };
}

function optionsOf(level = defaultLevel): { readonly params: Record<number, number> } {
  // At lower levels the setting would enlarge their smaller windows.
  const window = level > largestLevelWithinWindow ? { [windowLogParameter]: largestWindowLog } : {};
  return { params: { [compressionLevelParameter]: level, ...window } };
}

function isCompressorFactory(value: unknown): value is (options: object) => Compressor {
  return typeof value === "function";
}

function isSyncCompressor(value: unknown): value is (bytes: Uint8Array, options: object) => Uint8Array {
  return typeof value === "function";
}
