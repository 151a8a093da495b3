import { brotliCompressSync, constants, createBrotliCompress } from "node:zlib";
import { outputOptions, type Coding } from "./coding.ts";

/** Node's default of 11 is meant for files that are compressed once. Level 4 is about as fast as gzip, and smaller. */
const defaultQuality = 4;

/** Brotli (RFC 7932) is smaller than gzip at the same speed. Browsers accept it only over TLS. */
export const brotli: Coding = {
  name: "br",
  flushKind: constants.BROTLI_OPERATION_FLUSH,
  finishKind: constants.BROTLI_OPERATION_FINISH,
  open: (level) => createBrotliCompress({ ...optionsOf(level), ...outputOptions }),
  compress: (bytes, level) => brotliCompressSync(bytes, optionsOf(level)),
};

function optionsOf(level = defaultQuality): { readonly params: Record<number, number> } {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: level } };
}
