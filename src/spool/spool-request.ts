import type { ServedSource } from "../export/served-source.ts";
import type { ExportParameters } from "../export/parameters.ts";
import type { SpoolFile } from "./spool-file.ts";

/** Requests the file of an export, and the key it must have. */
export interface SpoolRequest {
  /** The transfer that waits for the file; the wait ends with the transfer. */
  readonly transfer: string;
  readonly name: string;
  /** Among these is what the export is of; none for a generated one. */
  readonly sources: readonly (string | ServedSource)[];
  /** The version of live rows, which the worker has asked for; null for the source's own. */
  readonly version: string | null;
  readonly parameters: ExportParameters;
  readonly key: string;
}

/** A spool file that stays until its lease is released. */
export interface LeasedFile extends SpoolFile {
  readonly lease: number;
}

/** A leased file, and since when its request has this text; see `TextTimes`. */
export interface RequestedFile extends LeasedFile {
  readonly sinceMs: number | null;
}
