import { StreamCsvError } from "../errors.ts";
import { formatBytes } from "../units.ts";
import type { Entry } from "./entry.ts";
import type { FilesOnDisk } from "./spool-file.ts";

/** Disk space of a file in addition to its bytes: the rest of its last block, and a block for its sidecar. */
export const besideBytes = 2 * 4096;

/** How many files that can't be removed one search for room tries; it then gives up. */
const mostFailures = 64;

/** A removal in progress. */
interface Leaving {
  /** Resolves also when the removal has failed. */
  readonly done: Promise<void>;
  readonly bytes: number;
}

/**
 * The files of a spool by key and in order of use, and their disk space. Used, reserved and not yet freed space
 * together never exceed the limit. The least recently used file without a reader is removed first. A file that can't be
 * removed still takes its space, and is tried again after all others.
 */
export class FileIndex {
  readonly limitBytes: number;
  readonly #removeFiles: (files: FilesOnDisk) => Promise<void>;
  /** In order of last use, the oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #leaving = new Map<FilesOnDisk, Leaving>();
  /** Files that are of no use, and couldn't be removed: of a failed build, or of a key that has another file now. */
  readonly #leftovers = new Set<FilesOnDisk>();
  #lastUsed: Entry | undefined;
  #usedBytes = 0;
  #reservedBytes = 0;

  /** @param removeFiles removes files, and throws if they still exist */
  constructor(limitBytes: number, removeFiles: (files: FilesOnDisk) => Promise<void>) {
    this.limitBytes = limitBytes;
    this.#removeFiles = removeFiles;
  }

  /** The bytes are those of all files that are on the disk, also while one is being removed. */
  get usage(): { readonly files: number; readonly bytes: number; readonly limitBytes: number } {
    const bytes = this.#usedBytes + this.#leavingBytes;
    return { files: this.#entries.size, bytes, limitBytes: this.limitBytes };
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Adds a file as the most recently used. */
  add(entry: Entry): void {
    const replaced = this.#entries.get(entry.key);
    if (replaced !== undefined) this.#leftovers.add(replaced);
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    this.#lastUsed = entry;
    this.#usedBytes += entry.bytes + besideBytes;
  }

  /** Makes a file the most recently used; true if the order has changed. */
  use(entry: Entry): boolean {
    if (this.#lastUsed === entry || this.#entries.get(entry.key) !== entry) return false;
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    this.#lastUsed = entry;
    return true;
  }

  /**
   * Reserves disk space: at least `atLeastBytes`, for which other files may be removed, and up to `wantedBytes` if
   * that removes none. Returns the bytes reserved.
   * @throws StreamCsvError `SCSV_BUSY` when files in use leave too little room; the error of the removals if none succeeds
   */
  async reserve(atLeastBytes: number, wantedBytes: number): Promise<number> {
    while (this.#freeBytes < atLeastBytes) {
      const isOnItsWay = this.#usedBytes + this.#reservedBytes + atLeastBytes <= this.limitBytes;
      if (isOnItsWay) await Promise.race([...this.#leaving.values()].map(({ done }) => done));
      else if (!(await this.removeOldest())) {
        const message = `The spool of ${formatBytes(this.limitBytes)} is full of files that are being sent or built.`;
        throw new StreamCsvError("SCSV_BUSY", message, { retryAfterSeconds: 5 });
      }
    }
    // No await since the check for free space, so no other caller can have taken it.
    const bytes = Math.max(atLeastBytes, Math.min(wantedBytes, this.#freeBytes));
    this.#reservedBytes += bytes;
    return bytes;
  }

  giveBack(reservedBytes: number): void {
    this.#reservedBytes -= reservedBytes;
  }

  /**
   * Removes the least recently used file without a reader, or waits for a removal in progress; false if there is
   * neither. A file that can't be removed doesn't stop the search.
   * @throws the error of the removals if none succeeds
   */
  async removeOldest(): Promise<boolean> {
    const failures: unknown[] = [];
    for (const files of this.#withoutReader()) {
      try {
        await this.remove(files);
        return true;
      } catch (error) {
        failures.push(error);
        if (failures.length === mostFailures) break;
      }
    }
    const [leaving] = this.#leaving.values();
    await leaving?.done;
    if (leaving === undefined && failures.length > 0) throw failures[0];
    return leaving !== undefined;
  }

  /** Counts files that are of no use and couldn't be removed, until they are. */
  leaveBehind(files: FilesOnDisk): void {
    this.#leftovers.add(files);
    this.#usedBytes += files.bytes + besideBytes;
  }

  /** Tries to remove what was left behind and has no reader; false if something is still there. */
  async removeLeftovers(): Promise<boolean> {
    // One that still can't be removed is added again.
    const tried = [...this.#leftovers];
    for (const files of tried) {
      // Another search for room may have removed them meanwhile.
      if (files.isPinned || !this.#leftovers.has(files)) continue;
      // The callback that removes the files has reported why they can't be removed.
      await this.remove(files).catch(() => undefined);
    }
    return this.#leftovers.size === 0;
  }

  /** Forgets files at once and removes them; their space counts until they are gone. @throws the error of the removal */
  async remove(files: FilesOnDisk): Promise<void> {
    const current = this.#entries.get(files.key);
    this.#forget(files);
    const done = this.#leave(files, current === files ? current : undefined);
    const settled = done.catch(() => undefined);
    this.#leaving.set(files, { done: settled, bytes: files.bytes + besideBytes });
    await done;
  }

  /** Forgets all files, because their folder is gone. */
  clear(): void {
    for (const files of [...this.#entries.values(), ...this.#leftovers]) this.#forget(files);
  }

  /** Resolves when no removal is in progress. */
  async settled(): Promise<void> {
    await Promise.all([...this.#leaving.values()].map(({ done }) => done));
  }

  /** @param entry the finished file that they were, unless they were left behind */
  async #leave(files: FilesOnDisk, entry: Entry | undefined): Promise<void> {
    try {
      await this.#removeFiles(files);
    } catch (error) {
      // They still take their space, and are the last that are tried again.
      if (entry === undefined || this.#entries.has(files.key)) this.leaveBehind(files);
      else this.add(entry);
      throw error;
    } finally {
      this.#leaving.delete(files);
    }
  }

  /** The files that may be removed now, the least recently used first. Each is given once, also if it is put back. */
  *#withoutReader(): Iterable<FilesOnDisk> {
    const given = new Set<FilesOnDisk>();
    for (const all of [this.#entries.values(), this.#leftovers])
      for (const files of all) {
        if (files.isPinned || given.has(files)) continue;
        given.add(files);
        yield files;
      }
  }

  #forget(files: FilesOnDisk): void {
    if (!this.#leftovers.delete(files)) this.#entries.delete(files.key);
    if (this.#lastUsed === files) this.#lastUsed = undefined;
    this.#usedBytes -= files.bytes + besideBytes;
  }

  /** Disk space that is neither used, nor reserved, nor still being freed. */
  get #freeBytes(): number {
    return this.limitBytes - this.#usedBytes - this.#reservedBytes - this.#leavingBytes;
  }

  get #leavingBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#leaving.values()) sum += bytes;
    return sum;
  }
}
