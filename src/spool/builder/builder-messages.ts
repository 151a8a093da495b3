import type { ExportProgress } from "../../body/encode-batches.ts";
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

/** Notes to a process that makes something of an export. */
export type MakerNotes = {
  /** It must release its source, end its call with an error, and is killed if it takes too long. */
  readonly cancel: (none: null) => void;
};

/** Notes from a process that makes something of an export. */
export type MakerHostNotes = {
  /** Sent regularly while it makes progress; null where it doesn't read an export. */
  readonly progress: (progress: ExportProgress | null) => void;
};

/** One file to build. */
export interface BuildRequest extends Omit<SpoolRequest, "transfer"> {
  /** The path of the file to write. */
  readonly path: string;
  /** What a database shows of the reading: the id of a transfer or a job. */
  readonly label: string;
}
