import { constants, createGzip, gzipSync } from "node:zlib";
import { outputOptions, type Coding } from "./coding.ts";

const defaultLevel = 6;

/** Every client supports gzip (RFC 1952). Node writes no time into its header, so equal bodies give equal bytes. */
export const gzip: Coding = {
  name: "gzip",
  flushKind: constants.Z_SYNC_FLUSH,
  finishKind: constants.Z_FINISH,
  open: (level = defaultLevel) => createGzip({ level, ...outputOptions }),
  compress: (bytes, level = defaultLevel) => gzipSync(bytes, { level }),
};
