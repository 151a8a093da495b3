import { rmSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StreamCsvError, isCodedError } from "../errors.ts";
import { formatBytes } from "../units.ts";

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
}

/** What is known of a file when it has been written. */
export type BuiltFile = Pick<SpoolFile, "bytes" | "rows" | "guardedCells" | "sha256">;

/**
 * Writes the file of a key to a path. It calls `reserve` before it writes further bytes, and stops with the error that
 * throws. When it fails, it may leave a partial file at the path: the spool removes it.
 */
export type BuildFile = (path: string, reserve: (bytes: number) => void) => Promise<BuiltFile>;

/** A file that stays in the spool until it is given back. */
export interface SpoolLease {
  readonly file: SpoolFile;
  /** Gives the file back; calling it again does nothing. */
  readonly release: () => void;
}

interface Entry {
  readonly file: SpoolFile;
  pins: number;
}

/**
 * A bounded folder of files made outside a request, by key.
 *
 * A file is built once, however many ask for it at the same time; it appears under its name only when it is whole. All
 * files, those being built too, never take more than the limit: the least recently used that nobody reads goes first.
 * Memory is one small entry a file.
 */
export class Spool {
  readonly #directory: string;
  readonly #limitBytes: number;
  /** In order of last use, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #building = new Map<string, Promise<void>>();
  #reservedBytes = 0;

  private constructor(directory: string, limitBytes: number) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  /** Opens a folder as a spool, makes it if need be, takes over whole files of earlier runs and removes partial ones. */
  static async open(directory: string, limitBytes: number): Promise<Spool> {
    await mkdir(directory, { recursive: true });
    const spool = new Spool(directory, limitBytes);
    for (const name of await readdir(directory)) {
      const key = /^([0-9a-f]{64})\.txt$/.exec(name)?.[1];
      if (key !== undefined) await spool.#adopt(key);
      else if (name.endsWith(".part")) await rm(join(directory, name), { force: true });
    }
    spool.#makeRoom(0);
    return spool;
  }

  get usage(): { readonly files: number; readonly bytes: number; readonly limitBytes: number } {
    let bytes = 0;
    for (const { file } of this.#entries.values()) bytes += file.bytes;
    return { files: this.#entries.size, bytes, limitBytes: this.#limitBytes };
  }

  /**
   * Leases the file of a key, which is built first if it isn't there; concurrent callers share one build. The file
   * stays until the lease is given back.
   * @throws StreamCsvError `SCSV_SPOOL_SIZE` when it is larger than the spool, `SCSV_BUSY` when files in use leave too
   * little room, and what the build throws
   */
  async acquire(key: string, build: BuildFile): Promise<SpoolLease> {
    for (;;) {
      const entry = this.#entries.get(key);
      if (entry === undefined) {
        await this.#buildOnce(key, build);
        continue;
      }
      const release = pin(entry);
      if (await isIntact(entry.file)) {
        this.#entries.delete(key);
        this.#entries.set(key, entry);
        return { file: entry.file, release };
      }
      release();
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    }
  }

  async #buildOnce(key: string, build: BuildFile): Promise<void> {
    let building = this.#building.get(key);
    if (building === undefined) {
      building = this.#build(key, build).finally(() => this.#building.delete(key));
      this.#building.set(key, building);
    }
    await building;
  }

  async #build(key: string, build: BuildFile): Promise<void> {
    const part = join(this.#directory, `${key}.part`);
    let reservedBytes = 0;
    const reserve = (bytes: number): void => {
      if (reservedBytes + bytes > this.#limitBytes) throw tooLarge(this.#limitBytes);
      this.#makeRoom(bytes);
      reservedBytes += bytes;
      this.#reservedBytes += bytes;
    };
    try {
      const built = await build(part, reserve);
      const file: SpoolFile = { key, path: join(this.#directory, `${key}.csv`), ...built };
      await writeFile(join(this.#directory, `${key}.txt`), formatSidecar(built));
      await rename(part, file.path);
      this.#entries.set(key, { file, pins: 0 });
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    } finally {
      this.#reservedBytes -= reservedBytes;
    }
  }

  #makeRoom(bytes: number): void {
    let taken = this.usage.bytes + this.#reservedBytes + bytes;
    for (const [key, entry] of this.#entries) {
      if (taken <= this.#limitBytes) return;
      if (entry.pins > 0) continue;
      this.#entries.delete(key);
      taken -= entry.file.bytes;
      this.#remove(key);
    }
    if (taken > this.#limitBytes) {
      const message = `The spool of ${formatBytes(this.#limitBytes)} is full of files that are being sent or built.`;
      throw new StreamCsvError("SCSV_BUSY", message);
    }
  }

  /** Synchronous, so that no build of the same key can finish in between and lose its file. */
  #remove(key: string): void {
    for (const ending of [".csv", ".txt"]) rmSync(join(this.#directory, key + ending), { force: true });
  }

  async #adopt(key: string): Promise<void> {
    const path = join(this.#directory, `${key}.csv`);
    const built = parseSidecar(await readFile(join(this.#directory, `${key}.txt`), "utf8"));
    if (built !== undefined && (await isIntact({ path, bytes: built.bytes }))) {
      this.#entries.set(key, { file: { key, path, ...built }, pins: 0 });
    } else {
      this.#remove(key);
    }
  }
}

function pin(entry: Entry): () => void {
  let isPinned = true;
  entry.pins += 1;
  return () => {
    if (isPinned) entry.pins -= 1;
    isPinned = false;
  };
}

async function isIntact({ path, bytes }: Pick<SpoolFile, "path" | "bytes">): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes;
  } catch (error) {
    if (isCodedError(error) && error.code === "ENOENT") return false;
    throw error;
  }
}

/** What a sidecar says; undefined when it isn't whole, as after a crash. */
function parseSidecar(text: string): BuiltFile | undefined {
  const match = /^(\d+) bytes, (\d+) rows, (\d+) guarded cells, sha256 ([0-9a-f]{64})\n$/.exec(text);
  if (match === null) return undefined;
  return {
    bytes: Number(match[1]),
    rows: Number(match[2]),
    guardedCells: Number(match[3]),
    sha256: match[4] ?? "",
  };
}

function formatSidecar({ bytes, rows, guardedCells, sha256 }: BuiltFile): string {
  return `${bytes} bytes, ${rows} rows, ${guardedCells} guarded cells, sha256 ${sha256}\n`;
}

function tooLarge(limitBytes: number): StreamCsvError {
  const message = `The file would be larger than the whole spool of ${formatBytes(limitBytes)}; ask with delivery=streaming.`;
  return new StreamCsvError("SCSV_SPOOL_SIZE", message);
}
