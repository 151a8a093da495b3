/** A finished file in the spool. */
export interface SpoolFile {
  readonly key: string;
  readonly path: string;
  readonly bytes: number;
  readonly rows: number;
  /** Cells that the formula guard has changed. */
  readonly guardedCells: number;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256: string;
  /** What `stampOf` gave when the file had these bytes; empty while that hasn't been checked. */
  readonly stamp: string;
}

/** What is known of a file when it has been written. */
export type BuiltFile = Pick<SpoolFile, "bytes" | "rows" | "guardedCells" | "sha256">;

/** Where the room for a file comes from while it is written. */
export interface SpoolRoom {
  /**
   * Reserves bytes before they are written: at least as many as are needed, and up to `wantedBytes` as long as no other file
   * has to go for them. Gives the number reserved.
   * @throws StreamCsvError `SCSV_SPOOL_SIZE`, `SCSV_BUSY`
   */
  readonly reserve: (atLeastBytes: number, wantedBytes: number) => Promise<number>;
  /** Removes the least recently used file because the disk is full; false when none is left that nobody reads. */
  readonly freeDisk: () => Promise<boolean>;
}

/** Makes and checks files. Both stop when `signal` fires, since nobody waits for the file any more. */
export interface FileMaker {
  /** Writes a new file. When it settles nothing writes to the path any longer; the spool removes a partial file. */
  readonly build: (path: string, room: SpoolRoom, signal: AbortSignal) => Promise<BuiltFile>;
  /** SHA-256 of a file, hexadecimal. */
  readonly digest: (file: Pick<SpoolFile, "path" | "bytes">, signal: AbortSignal) => Promise<string>;
}

/** A file with what the spool remembers of it. */
export interface Entry {
  readonly key: string;
  /** Part of the names of its files, and of no others, in this run or another. */
  readonly id: string;
  file: SpoolFile;
  /** How many read it; it stays while there are any. */
  pins: number;
}

/** The files of an entry: the text, what is known of it, and the text while it is being written. */
export type SpoolEnding = "csv" | "txt" | "part";

/** The name of a file in the spool's folder. */
export function spoolFileName({ key, id }: Pick<Entry, "key" | "id">, ending: SpoolEnding): string {
  return `${key}.${id}.${ending}`;
}

/** The parts of such a name; undefined for a file that isn't the spool's. */
export function parseSpoolFileName(
  name: string,
): { readonly key: string; readonly id: string; readonly ending: SpoolEnding } | undefined {
  const [, key, id, ending] = /^([0-9a-f]{64})\.([0-9a-z-]+)\.(txt|csv|part)$/.exec(name) ?? [];
  return key === undefined || id === undefined ? undefined : { key, id, ending: ending as SpoolEnding };
}
