import { rmSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StreamCsvError, isCodedError } from "../errors.ts";
import { abortable } from "../stream/abortable.ts";
import { formatBytes } from "../units.ts";
import { formatSidecar, parseSidecar } from "./sidecar.ts";

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
 * throws; it also stops when `signal` fires, since nobody waits for the file any more. When it settles nothing writes to
 * the path any longer; a partial file may be left there, which the spool removes.
 */
export type BuildFile = (
  path: string,
  reserve: (bytes: number) => void,
  signal: AbortSignal,
) => Promise<BuiltFile>;

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

/** A file on its way, and how many wait for it. */
interface Build {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

/** What a file takes on a disk beside its bytes: the rest of its last block, and a block for its sidecar. */
const besideBytes = 2 * 4096;

/**
 * A bounded folder of files made outside a request, by key.
 *
 * A file is built once, however many ask for it at the same time; it appears under its name only when it is whole. All
 * files, those being built too, never take more than the limit: the least recently used that nobody reads goes first.
 * A build that nobody waits for any more is stopped. Memory is one small entry a file.
 */
export class Spool {
  readonly #directory: string;
  readonly #limitBytes: number;
  /** In order of last use, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #building = new Map<string, Build>();
  /** Disk space of the entries. */
  #usedBytes = 0;
  /** Disk space of what is being built, as far as it has come. */
  #reservedBytes = 0;
  #closedFor: Error | undefined;

  private constructor(directory: string, limitBytes: number) {
    this.#directory = directory;
    this.#limitBytes = limitBytes;
  }

  /** Opens a folder that exists as a spool, takes over whole files of earlier runs and removes partial ones. */
  static async open(directory: string, limitBytes: number): Promise<Spool> {
    const spool = new Spool(directory, limitBytes);
    const names = new Set(await readdir(directory));
    for (const name of names) {
      const [, key, ending] = /^([0-9a-f]{64})\.(txt|csv|part)$/.exec(name) ?? [];
      if (key === undefined) continue;
      if (ending === "txt") await spool.#adopt(key);
      else if (ending === "part" || !names.has(`${key}.txt`))
        await rm(join(directory, name), { force: true });
    }
    spool.#makeRoom(0);
    return spool;
  }

  /** Finished files, the disk space they take, and the limit that those being built count against, too. */
  get usage(): { readonly files: number; readonly bytes: number; readonly limitBytes: number } {
    return { files: this.#entries.size, bytes: this.#usedBytes, limitBytes: this.#limitBytes };
  }

  /**
   * Leases the file of a key, which is built first if it isn't there; concurrent callers share one build. The file
   * stays until the lease is given back. Aborting `signal` ends the wait, and the build when nobody else waits for it.
   * @throws StreamCsvError `SCSV_SPOOL_SIZE` when it is larger than the spool, `SCSV_BUSY` when files in use leave too
   * little room; what the build throws; the signal's reason when aborted
   */
  async acquire(
    key: string,
    build: BuildFile,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SpoolLease> {
    for (;;) {
      signal.throwIfAborted();
      const entry = this.#entries.get(key);
      if (entry === undefined) {
        await this.#buildOnce(key, build, signal);
        continue;
      }
      const release = pin(entry);
      if (await isIntact(entry.file)) {
        this.#entries.delete(key);
        this.#entries.set(key, entry);
        return { file: entry.file, release };
      }
      release();
      if (this.#entries.get(key) === entry) this.#forget(key, entry);
    }
  }

  /** Stops what is being built and builds nothing more, for a reason; resolves when nothing is written any longer. */
  async close(reason: Error): Promise<void> {
    this.#closedFor = reason;
    for (const { abort } of this.#building.values()) abort.abort(reason);
    await Promise.allSettled([...this.#building.values()].map(({ done }) => done));
  }

  async #buildOnce(key: string, build: BuildFile, signal: AbortSignal): Promise<void> {
    if (this.#closedFor !== undefined) throw this.#closedFor;
    const current = this.#building.get(key);
    if (current?.abort.signal.aborted === true) {
      // It writes to the same path, so another can begin only when it has gone; how it ended concerns nobody.
      await Promise.allSettled([current.done]);
      return;
    }
    const building = current ?? this.#begin(key, build);
    building.waiting += 1;
    try {
      await abortable(building.done, signal);
    } finally {
      building.waiting -= 1;
      if (building.waiting === 0) building.abort.abort(signal.reason);
    }
  }

  #begin(key: string, build: BuildFile): Build {
    const abort = new AbortController();
    const done = this.#build(key, build, abort.signal).finally(() => this.#building.delete(key));
    const building: Build = { done, abort, waiting: 0 };
    this.#building.set(key, building);
    return building;
  }

  async #build(key: string, build: BuildFile, signal: AbortSignal): Promise<void> {
    const part = join(this.#directory, `${key}.part`);
    let reservedBytes = 0;
    const reserve = (bytes: number): void => {
      if (reservedBytes + bytes > this.#limitBytes) throw tooLarge(this.#limitBytes);
      this.#makeRoom(bytes);
      reservedBytes += bytes;
      this.#reservedBytes += bytes;
    };
    try {
      reserve(besideBytes);
      const built = await build(part, reserve, signal);
      const file: SpoolFile = { key, path: join(this.#directory, `${key}.csv`), ...built };
      await writeFile(join(this.#directory, `${key}.txt`), formatSidecar(built));
      await rename(part, file.path);
      this.#remember(key, file);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    } finally {
      this.#reservedBytes -= reservedBytes;
    }
  }

  #makeRoom(bytes: number): void {
    const isRoom = (): boolean => this.#usedBytes + this.#reservedBytes + bytes <= this.#limitBytes;
    for (const [key, entry] of this.#entries) {
      if (isRoom()) return;
      if (entry.pins > 0) continue;
      this.#forget(key, entry);
      this.#remove(key);
    }
    if (!isRoom()) {
      const message = `The spool of ${formatBytes(this.#limitBytes)} is full of files that are being sent or built.`;
      throw new StreamCsvError("SCSV_BUSY", message);
    }
  }

  #remember(key: string, file: SpoolFile): void {
    this.#entries.set(key, { file, pins: 0 });
    this.#usedBytes += file.bytes + besideBytes;
  }

  #forget(key: string, { file }: Entry): void {
    this.#entries.delete(key);
    this.#usedBytes -= file.bytes + besideBytes;
  }

  /** Synchronous, so that no build of the same key can finish in between and lose its file. */
  #remove(key: string): void {
    for (const ending of [".csv", ".txt"]) rmSync(join(this.#directory, key + ending), { force: true });
  }

  async #adopt(key: string): Promise<void> {
    const path = join(this.#directory, `${key}.csv`);
    const built = parseSidecar(await readFile(join(this.#directory, `${key}.txt`), "utf8"));
    if (built !== undefined && (await isIntact({ path, bytes: built.bytes }))) {
      this.#remember(key, { key, path, ...built });
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

function tooLarge(limitBytes: number): StreamCsvError {
  const message = `The file would be larger than the whole spool of ${formatBytes(limitBytes)}; ask with delivery=streaming.`;
  return new StreamCsvError("SCSV_SPOOL_SIZE", message);
}
