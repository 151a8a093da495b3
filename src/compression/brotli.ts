import { brotliCompressSync, constants, createBrotliCompress } from "node:zlib";
import { type Coding, neverFull } from "./coding.ts";

/** Node's default of 11 is for files made once; 4 is about as fast as gzip and smaller. */
const defaultQuality = 4;

/** Smaller than gzip at the same speed (RFC 7932); browsers take it over TLS only. */
export const brotli: Coding = {
  name: "br",
  flushKind: constants.BROTLI_OPERATION_FLUSH,
  finishKind: constants.BROTLI_OPERATION_FINISH,
  open: (level) => createBrotliCompress({ ...optionsOf(level), ...neverFull }),
  compress: (bytes, level) => brotliCompressSync(bytes, optionsOf(level)),
};

function optionsOf(level = defaultQuality): { readonly params: Record<number, number> } {
  return { params: { [constants.BROTLI_PARAM_QUALITY]: level } };
}
