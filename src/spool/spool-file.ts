/** The facts about a file that has just been written. */
export interface BuiltFile {
  readonly bytes: number;
  readonly rows: number;
  /** Cells that the formula guard changed. */
  readonly guardedCells: number;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256: string;
}

/** A finished file in the spool, as it was written; somebody may have changed it. */
export interface WrittenFile extends BuiltFile {
  readonly key: string;
  readonly path: string;
}

/** A finished file that has been checked. */
export interface SpoolFile extends WrittenFile {
  /** The result of `fileStamp` when the file had these bytes. */
  readonly stamp: string;
}

/** Provides disk space for a file while it is written. */
export interface SpoolRoom {
  /**
   * Reserves bytes before they are written: at least `atLeastBytes`, and up to `wantedBytes` if that removes no other
   * file. Returns the bytes reserved.
   * @throws StreamCsvError `SCSV_SPOOL_SIZE`, `SCSV_BUSY`
   */
  readonly reserve: (atLeastBytes: number, wantedBytes: number) => Promise<number>;
  /** Removes the least recently used file because the disk is full; false if every file has a reader. */
  readonly freeDisk: () => Promise<boolean>;
}

/** Builds and checks files. Both stop when `signal` fires, because nobody waits for the file any more. */
export interface FileMaker {
  /** Writes a new file. When it settles, nothing writes to the path any more; the spool removes a partial file. */
  readonly build: (path: string, room: SpoolRoom, signal: AbortSignal) => Promise<BuiltFile>;
  /** SHA-256 of a file, hexadecimal. */
  readonly digest: (file: Pick<WrittenFile, "path" | "bytes">, signal: AbortSignal) => Promise<string>;
  /**
   * Whether it needs no slot that others may have taken. If a build or check that others began is refused, because it finds no slot
   * (`SCSV_BUSY`), such a maker then begins its own.
   * @default false
   */
  readonly needsNoSlot?: boolean;
}

/** Checks files, and builds none. */
export interface FileChecker extends Pick<FileMaker, "digest"> {
  readonly build?: undefined;
  readonly needsNoSlot?: undefined;
}

/** What the names of the files of one build have in common. */
export interface BuildName {
  readonly key: string;
  /** Unique, and different in every run. */
  readonly id: string;
}

/** The files of one build in the folder: of a finished one, or what a failed one has left. */
export interface FilesOnDisk extends BuildName {
  /** The length of the text; what it takes beside that is counted elsewhere. */
  readonly bytes: number;
  /** Whether somebody reads it, so that it stays. */
  readonly isPinned: boolean;
}

/** The files of a build: the text, its sidecar, and the text while it is being written. */
export const spoolEndings = ["csv", "txt", "part"] as const;
export type SpoolEnding = (typeof spoolEndings)[number];

/** The name of a file in the spool's folder. */
export function spoolFileName({ key, id }: BuildName, ending: SpoolEnding): string {
  return `${key}.${id}.${ending}`;
}

/** Parses such a name; undefined for a file that isn't the spool's. */
export function parseSpoolFileName(name: string): (BuildName & { readonly ending: SpoolEnding }) | undefined {
  const [, key, id, ending] = /^([0-9a-f]{64})\.([0-9a-z-]+)\.(txt|csv|part)$/.exec(name) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id, ending: ending as SpoolEnding };
}
