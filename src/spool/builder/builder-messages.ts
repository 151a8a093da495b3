import type { BuiltFile } from "../spool-file.ts";
import type { SpoolRequest } from "../spool-request.ts";

/** Calls to a builder of spool files. */
export type BuilderMethods = {
  readonly build: (request: BuildRequest) => Promise<BuiltFile>;
  /** SHA-256 of a file, hexadecimal. */
  readonly digest: (path: string) => Promise<string>;
};

/** Calls from a builder to the process that started it; see `SpoolRoom`. */
export type BuilderHostMethods = {
  readonly reserve: (bytes: { readonly atLeast: number; readonly wanted: number }) => Promise<number>;
  readonly freeDisk: (none: null) => Promise<boolean>;
};

/** Notes from a builder to the process that started it. */
export type BuilderHostNotes = {
  /** Sent regularly while the builder makes progress. */
  readonly progress: (none: null) => void;
};

/** One file to build. */
export interface BuildRequest extends Omit<SpoolRequest, "transfer"> {
  /** The path of the file to write. */
  readonly path: string;
}
