import type { BuiltFile } from "../spool-file.ts";
import type { SpoolRequest } from "../spool-request.ts";

/** What a builder of spool files is asked. */
export type BuilderMethods = {
  readonly build: (request: BuildRequest) => Promise<BuiltFile>;
  /** SHA-256 of a file, hexadecimal. */
  readonly digest: (path: string) => Promise<string>;
};

/** What a builder asks of the process that started it while it writes; see `SpoolRoom`. */
export type BuilderHostMethods = {
  readonly reserve: (bytes: { readonly atLeast: number; readonly wanted: number }) => Promise<number>;
  readonly freeDisk: (none: null) => Promise<boolean>;
};

/** What a builder reports to the process that started it. */
export type BuilderHostNotes = {
  /** Now and then, as long as it gets further. */
  readonly progress: (none: null) => void;
};

/** One file to build. */
export interface BuildRequest extends Omit<SpoolRequest, "transfer"> {
  /** Where the text goes. */
  readonly path: string;
}
