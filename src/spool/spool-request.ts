import type { ServedFile } from "../export/definition.ts";
import type { ExportParameters } from "../export/parameters.ts";
import type { SpoolFile } from "./spool-file.ts";

/** Requests the file of an export, and the key it must have. */
export interface SpoolRequest {
  /** The transfer that waits for the file; the wait ends with the transfer. */
  readonly transfer: string;
  readonly name: string;
  /** The file behind the export; null for a generated one. */
  readonly source: ServedFile | null;
  readonly parameters: ExportParameters;
  readonly key: string;
}

/** A spool file that stays until its lease is released. */
export interface LeasedFile extends SpoolFile {
  readonly lease: number;
}
