// Longer than most, because lease, check, build and recovery of one file must be read together.

import { rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCodedError, StreamCsvError } from "../errors.ts";
import { abortable } from "../async/abortable.ts";
import { neverRejects } from "../never-rejects.ts";
import { formatBytes } from "../units.ts";
import { earlierFiles } from "./earlier-files.ts";
import { Entry } from "./entry.ts";
import { besideBytes, FileIndex } from "./file-index.ts";
import { fileStamp } from "../file-stamp.ts";
import { ownFileStats } from "./own-file.ts";
import { formatSidecar } from "./sidecar.ts";
import {
  spoolEndings,
  spoolFileName,
  type BuildName,
  type FileChecker,
  type FileMaker,
  type FilesOnDisk,
  type SpoolEnding,
  type SpoolFile,
} from "./spool-file.ts";
import { isUnreadable, spoolFault, whereDiskAllows } from "./spool-fault.ts";

/** A file that stays in the spool until the lease is released. */
export interface SpoolLease {
  readonly file: SpoolFile;
  /** Releases the lease; calling it again does nothing. */
  readonly release: () => void;
}

/** Options of a spool. */
export interface SpoolOptions {
  readonly directory: string;
  readonly limitBytes: number;
  /**
   * The user who owns the files; files of other users are neither read nor removed. Undefined on systems without user
   * ids.
   */
  readonly uid: number | undefined;
  /** Returns a random id, so that file names differ in every run. */
  readonly newId: () => string;
  readonly wallMs: () => number;
  /** Creates the folder again if somebody removed it; true if it did. */
  readonly requireFolder: () => Promise<boolean>;
  /** Called when the folder or the disk has an error. */
  readonly onTrouble: (fault: StreamCsvError) => void;
  /** When files that couldn't be removed are tried again. @default 5000 */
  readonly removeAgainMs?: number;
}

/** A running build or check, and how many callers wait for it. */
interface Work {
  /** False when only a check has run, and the file was changed. */
  readonly done: Promise<boolean>;
  readonly abort: AbortController;
  waiting: number;
}

const usualRemoveAgainMs = 5000;
/** How often a file may change between the check of its digest and its use. */
const mostChecks = 3;

/**
 * A folder of prepared files by key, of bounded size.
 *
 * Concurrent requests for a file share one build, and a file gets its name only when it is complete. All files,
 * including those being built, never exceed the limit: the least recently used file without a reader is removed
 * first, and the order of use survives the process. A file is leased only if it is unchanged: if its times or its
 * inode differ from the record, or there is no record, its digest is checked first. A file that differs, or can't be
 * read, is removed and built again. A build that nobody waits for any more is stopped. Memory is one small entry for
 * each file.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #index: FileIndex;
  readonly #working = new Map<string, Work>();
  /** Faults and files that the log has already. */
  readonly #reported = new WeakSet<StreamCsvError | FilesOnDisk>();
  #lastUseMs = 0;
  #isOrderKept = true;
  #closedFor: Error | undefined;
  #removingAgain: NodeJS.Timeout | undefined;

  private constructor(options: SpoolOptions) {
    this.#options = options;
    this.#index = new FileIndex(options.limitBytes, (files) => this.#removeFiles(files));
  }

  /** Opens an existing folder that no other process writes to, and takes over the complete files of earlier runs. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    for (const entry of await earlierFiles(options.directory, options.uid)) spool.#index.add(entry);
    await spool.#index.reserve(0, 0);
    return spool;
  }

  /** The number of finished files, their disk space, and the limit, against which files being built count too. */
  get usage(): FileIndex["usage"] {
    return this.#index.usage;
  }

  /**
   * Leases the file of a key, and builds it first if necessary; concurrent callers share one build. The file stays
   * until the lease is released. Aborting `signal` ends the wait, and also the build if nobody else waits for it. With a checker
   * nothing is built: undefined if there is no file, or it was changed.
   * @throws StreamCsvError `SCSV_SPOOL_SIZE` if the file is larger than the spool, `SCSV_BUSY` if files in use leave
   *   too little space, `SCSV_SPOOL_FULL` or `SCSV_SPOOL_UNUSABLE` if the disk or the folder has an error; errors of
   *   the build; the signal's reason when aborted
   */
  async acquire(key: string, maker: FileMaker, signal?: AbortSignal): Promise<SpoolLease>;
  async acquire(key: string, checker: FileChecker, signal?: AbortSignal): Promise<SpoolLease | undefined>;
  async acquire(
    key: string,
    maker: FileMaker | FileChecker,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SpoolLease | undefined> {
    for (let checks = 0; checks <= mostChecks; checks += 1) {
      signal.throwIfAborted();
      const entry = this.#index.get(key);
      const lease = entry && (await this.#lease(entry));
      if (lease !== undefined) return lease;
      if (entry === undefined && maker.build === undefined) return undefined;
      const isGood = await this.#together(key, maker, signal);
      // One that can't be removed is still there.
      if (!isGood && maker.build === undefined) return undefined;
    }
    const message = "Another program changed a prepared file each time it had been checked.";
    throw this.#report(new StreamCsvError("SCSV_SPOOL_UNUSABLE", message));
  }

  /**
   * Keeps the file of a key from being removed until the returned function is called; undefined if there is none. It isn't
   * checked.
   */
  keep(key: string): (() => void) | undefined {
    return this.#index.get(key)?.pin();
  }

  /** Has the file of a key checked before it is leased again, because somebody couldn't read it. */
  doubt(key: string): void {
    this.#index.get(key)?.doubt();
  }

  /** Removes the file of a key, unless somebody reads or keeps it. @throws StreamCsvError made by `spoolFault` */
  async discard(key: string): Promise<void> {
    const entry = this.#index.get(key);
    if (entry !== undefined && !entry.isPinned) await this.#index.remove(entry);
  }

  /** Stops all builds and refuses new ones with this reason; resolves when nothing is written any more. */
  async close(reason: Error): Promise<void> {
    this.#closedFor = reason;
    clearTimeout(this.#removingAgain);
    for (const { abort } of this.#working.values()) abort.abort(reason);
    await Promise.allSettled([...this.#working.values()].map(({ done }) => done));
    await this.#index.settled();
  }

  /** Leases a file unless it may have changed. @throws StreamCsvError made by `spoolFault` */
  async #lease(entry: Entry): Promise<SpoolLease | undefined> {
    const release = entry.pin();
    try {
      const file = entry.checkedWith(await this.#stamp(entry));
      if (file !== undefined) {
        this.#use(entry);
        return { file, release };
      }
    } catch (error) {
      release();
      throw error;
    }
    release();
    return undefined;
  }

  /** @returns false when only a check has run, and the file was changed; true also when the caller has to begin its own */
  async #together(key: string, maker: FileMaker | FileChecker, signal: AbortSignal): Promise<boolean> {
    if (this.#closedFor !== undefined) throw this.#closedFor;
    const current = this.#working.get(key);
    if (current?.abort.signal.aborted === true) {
      // Another build of the key can begin only when the aborted one has ended; its result doesn't matter.
      await Promise.allSettled([current.done]);
      return true;
    }
    const work = current ?? this.#begin(key, maker);
    work.waiting += 1;
    try {
      return await abortable(work.done, signal);
    } catch (error) {
      if (current === undefined || maker.needsNoSlot !== true || !isRefusal(error)) throw error;
      return true;
    } finally {
      work.waiting -= 1;
      if (work.waiting === 0) work.abort.abort(signal.reason);
    }
  }

  #begin(key: string, maker: FileMaker | FileChecker): Work {
    const abort = new AbortController();
    const done = this.#checkOrBuild(key, maker, abort.signal).finally(() => this.#working.delete(key));
    const work: Work = { done, abort, waiting: 0 };
    this.#working.set(key, work);
    return work;
  }

  async #checkOrBuild(key: string, maker: FileMaker | FileChecker, signal: AbortSignal): Promise<boolean> {
    try {
      const entry = this.#index.get(key);
      if (entry !== undefined && (await this.#check(entry, maker, signal))) return true;
      const current = this.#index.get(key);
      // A file that can't be removed doesn't stop the new one, which has another name.
      if (current !== undefined) await this.#index.remove(current).catch(() => undefined);
      // Of those who have waited with a checker, each who wants the file built begins with its own maker.
      if (maker.build === undefined) return false;
      await this.#buildDespiteTrouble(key, maker, signal);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      throw isTrouble(error) ? this.#report(error) : error;
    }
  }

  /**
   * Checks whether a file has the bytes that were written, and records its stamp if so. A file that can't be read hasn't.
   * @throws StreamCsvError when the check itself can't run, as without a descriptor
   */
  async #check(entry: Entry, maker: Pick<FileMaker, "digest">, signal: AbortSignal): Promise<boolean> {
    const { bytes, sha256 } = entry.written;
    const release = entry.pin();
    try {
      const stamp = await this.#stamp(entry);
      if (stamp === undefined || !stamp.startsWith(`${bytes}-`)) return false;
      if ((await maker.digest(entry.written, signal)) !== sha256) return false;
      entry.markChecked(stamp);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (!isUnreadable(error)) throw isCodedError(error) ? spoolFault(error) : error;
      this.#report(spoolFault(error), entry);
      return false;
    } finally {
      release();
    }
  }

  async #buildDespiteTrouble(key: string, maker: FileMaker, signal: AbortSignal): Promise<void> {
    for (let isAgain = false; ; isAgain = true) {
      await this.#requireFolder();
      try {
        await this.#build(key, maker, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!isTrouble(error)) throw error;
        // Some file systems report a full disk only on close. A folder may be removed while a file is written.
        const isCured =
          error.code === "SCSV_SPOOL_FULL"
            ? await this.#index.removeOldest()
            : !isAgain && (await this.#requireFolder());
        if (!isCured) throw error;
      }
    }
  }

  async #build(key: string, maker: FileMaker, signal: AbortSignal): Promise<void> {
    const { limitBytes } = this.#options;
    const name: BuildName = { key, id: this.#options.newId() };
    const part = this.#pathOf(name, "part");
    let reservedBytes = 0;
    const reserve = async (atLeastBytes: number, wantedBytes: number): Promise<number> => {
      if (reservedBytes + atLeastBytes > limitBytes) throw tooLarge(limitBytes);
      const bytes = await this.#index.reserve(atLeastBytes, wantedBytes);
      reservedBytes += bytes;
      return bytes;
    };
    const freeDisk = (): Promise<boolean> => this.#index.removeOldest();
    try {
      await reserve(besideBytes, besideBytes);
      const built = await maker.build(part, { reserve, freeDisk }, signal);
      const path = this.#pathOf(name, "csv");
      const sidecar = this.#pathOf(name, "txt");
      await whereDiskAllows(freeDisk, () => writeFile(sidecar, formatSidecar(built), { mode: 0o600 }));
      await whereDiskAllows(freeDisk, () => rename(part, path));
      const entry = new Entry(name.id, { key, path, ...built });
      const stamp = await this.#stamp(entry);
      if (stamp !== undefined) entry.markChecked(stamp);
      this.#index.add(entry);
      this.#isOrderKept = true;
    } catch (error) {
      const bytes = Math.max(0, reservedBytes - besideBytes);
      await this.#removeOrLeave({ ...name, bytes, isPinned: false });
      throw error;
    } finally {
      this.#index.giveBack(reservedBytes);
    }
  }

  /** Makes a file the most recently used. The times of the sidecars keep the order for the next run. */
  #use(entry: Entry): void {
    if (!this.#index.use(entry) || !this.#isOrderKept) return;
    // Two uses within one millisecond keep their order too.
    this.#lastUseMs = Math.max(this.#options.wallMs(), this.#lastUseMs + 1);
    const at = this.#lastUseMs / 1000;
    utimes(this.#pathOf(entry, "txt"), at, at).catch((error: unknown) => {
      // Reported once, because a disk that became read-only would fail at each use.
      if (this.#isOrderKept) this.#report(spoolFault(error));
      this.#isOrderKept = false;
    });
  }

  async #requireFolder(): Promise<boolean> {
    const isNew = await this.#options.requireFolder();
    if (isNew) this.#index.clear();
    return isNew;
  }

  /** Reports a fault, once for each `about`. */
  #report(fault: StreamCsvError, about: StreamCsvError | FilesOnDisk = fault): StreamCsvError {
    if (!this.#reported.has(about)) this.#options.onTrouble(fault);
    this.#reported.add(about).add(fault);
    return fault;
  }

  /** The stamp of a file as it is now; undefined if it is gone, or its inode can't be read. */
  async #stamp(entry: Entry): Promise<string | undefined> {
    try {
      const stats = await ownFileStats(entry.written.path, this.#options.uid);
      return stats === undefined ? undefined : fileStamp(stats);
    } catch (error) {
      const fault = spoolFault(error);
      // Only the folder can refuse to show a file's stats.
      if (!isUnreadable(error) || (isCodedError(error) && error.code === "EACCES")) throw this.#report(fault);
      this.#report(fault, entry);
      return undefined;
    }
  }

  #pathOf(name: BuildName, ending: SpoolEnding): string {
    return join(this.#options.directory, spoolFileName(name, ending));
  }

  /** Removes what a failed build has written. If it can't be removed, it counts until it is. */
  async #removeOrLeave(files: FilesOnDisk): Promise<void> {
    try {
      await this.#removeFiles(files);
    } catch {
      // It has been reported.
      this.#index.leaveBehind(files);
    }
  }

  /**
   * Removes the files of a build, asynchronously, because removing gigabytes takes a disk a while. That they can't be removed is
   * reported once, and what is of no use is tried again later: a disk may be read-only for a while.
   * @throws StreamCsvError made by `spoolFault`
   */
  async #removeFiles(files: FilesOnDisk): Promise<void> {
    try {
      for (const ending of spoolEndings) await rm(this.#pathOf(files, ending), { force: true });
    } catch (error) {
      this.#removeLater();
      throw this.#report(spoolFault(error), files);
    }
  }

  #removeLater(): void {
    if (this.#closedFor !== undefined) return;
    this.#removingAgain ??= setTimeout(() => {
      this.#removingAgain = undefined;
      neverRejects(this.#removeLeftovers());
    }, this.#options.removeAgainMs ?? usualRemoveAgainMs).unref();
  }

  async #removeLeftovers(): Promise<void> {
    if (!(await this.#index.removeLeftovers())) this.#removeLater();
  }
}

/** Whether an error concerns the folder or its disk. */
function isTrouble(error: unknown): error is StreamCsvError {
  return (
    error instanceof StreamCsvError &&
    (error.code === "SCSV_SPOOL_FULL" || error.code === "SCSV_SPOOL_UNUSABLE")
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof StreamCsvError && error.code === "SCSV_BUSY";
}

function tooLarge(limitBytes: number): StreamCsvError {
  const message = `The file would be larger than the whole spool of ${formatBytes(limitBytes)}.`;
  return new StreamCsvError("SCSV_SPOOL_SIZE", message);
}
