import { randomUUID } from "node:crypto";
import { open, readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isCodedError, StreamCsvError } from "../../errors.ts";
import { ownFileStats, readOwnNote } from "../own-file.ts";
import {
  formatHolder,
  isRunning,
  isSameNamespace,
  ownHolder,
  parseHolder,
  type LockHolder,
} from "./lock-holder.ts";
import { isLockName, lockNumberOf } from "./lock-name.ts";

/** A folder that only this process uses, until it releases the lock or somebody removes it. */
export interface FolderLock {
  /** Whether the lock file still exists and is still this process's. */
  readonly isHeld: () => Promise<boolean>;
  readonly release: () => Promise<void>;
}

/** How often a lock is refreshed, and when it counts as dead. */
export interface LockTimes {
  /** How often the holder refreshes the modification time of its lock. */
  readonly refreshMs: number;
  /** A lock of another namespace or machine is dead when it hasn't been refreshed for this long. */
  readonly staleMs: number;
  /** How long to wait until it is clear whether a lock is dead. */
  readonly patienceMs: number;
}

/** The times that a server uses; see docs/reference/server.md. */
export const lockTimes: LockTimes = { refreshMs: 3000, staleMs: 15_000, patienceMs: 16_000 };

/** The times to decide by a first look. */
export const atFirstLook: LockTimes = { ...lockTimes, patienceMs: 0 };

/** A lock is created and then written; the time between never exceeds this. */
const unfinishedMs = 1000;
const lookAgainMs = 50;

/** A lock in a folder. */
interface Lock {
  readonly number: number;
  readonly path: string;
  readonly holder: LockHolder | undefined;
  readonly refreshedAtMs: number;
  /** `unknown`: a lock of another namespace or machine, which only a refresh can show to be alive, and only time dead. */
  readonly state: "alive" | "dead" | "unknown";
}

/**
 * Locks a folder for this process. A lock whose holder is dead is taken over: at once in this process's namespace,
 * otherwise when this process has watched it for `staleMs` and it wasn't refreshed. The age of a lock by the clock doesn't
 * count, because a clock may be set, and differs between machines.
 *
 * A lock file is created exclusively, which every file system supports. If several processes find the same dead lock,
 * only one can create the next lock. A process that read the folder too early may have created another one; a process
 * that then sees another live lock gives up its own. Two processes may both give up, but never both hold the folder.
 * A timer refreshes the lock, and doesn't keep the process alive.
 * @param onWait called, once, when a lock has to be watched, with its holder where that is known
 * @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` when another live process holds the lock; the message names that
 *   process; the signal's reason when it is aborted while the state of a lock isn't known yet
 */
export async function lockFolder(
  folder: string,
  uid: number | undefined,
  times: LockTimes = lockTimes,
  signal?: AbortSignal,
  onWait?: (holder: LockHolder | undefined) => void,
): Promise<FolderLock> {
  const self = await ownHolder(randomUUID());
  const watch = new Watch(folder, uid, self, times, onWait);
  for (;;) {
    const locks = await watch.settledLocks(undefined, signal);
    requireFree(locks, folder);
    const number = Math.max(0, ...locks.map((lock) => lock.number)) + 1;
    const path = join(folder, `.stream-csv.lock.${number}`);
    if (!(await created(path, formatHolder(self)))) continue;
    const isHeld = async (): Promise<boolean> =>
      parseHolder((await readOwnNote(path, uid)) ?? "")?.id === self.id;
    const release = async (): Promise<void> => {
      if (await isHeld()) await rm(path, { force: true });
    };
    try {
      const others = await watch.settledLocks(path, signal);
      requireFree(others, folder);
      // Another process may have found this lock half-written, and taken it over.
      if (!(await isHeld())) continue;
      for (const dead of others) await rm(dead.path, { force: true });
    } catch (error) {
      await release();
      throw error;
    }
    return refreshed(path, { isHeld, release }, times.refreshMs);
  }
}

/**
 * Whether a folder was left behind by a dead process of this user. Where that isn't visible at once, the folder is watched
 * for up to `patienceMs`.
 */
export async function isAbandoned(
  folder: string,
  uid: number | undefined,
  times: LockTimes,
  signal?: AbortSignal,
): Promise<boolean> {
  const watch = new Watch(folder, uid, await ownHolder(""), times);
  const locks = await watch.settledLocks(undefined, signal);
  return locks.length > 0 && locks.every(({ state }) => state === "dead");
}

/** Reads the locks of a folder repeatedly, and remembers the refresh times of locks that may be alive. */
class Watch {
  readonly #folder: string;
  readonly #uid: number | undefined;
  readonly #self: LockHolder;
  readonly #times: LockTimes;
  #onWait: ((holder: LockHolder | undefined) => void) | undefined;
  /** How long this process has watched, without the times in which it was suspended. */
  #watchedMs = 0;
  /** By path: when a lock that may be alive was first seen, in watched time, and its modification time then. */
  readonly #seen = new Map<string, { readonly watchedMs: number; readonly refreshedAtMs: number }>();

  constructor(
    folder: string,
    uid: number | undefined,
    self: LockHolder,
    times: LockTimes,
    onWait?: (holder: LockHolder | undefined) => void,
  ) {
    this.#folder = folder;
    this.#uid = uid;
    this.#self = self;
    this.#times = times;
    this.#onWait = onWait;
  }

  /** All locks but one, as soon as it is clear whether each is alive, or `patienceMs` is over. */
  async settledLocks(except: string | undefined, signal?: AbortSignal): Promise<readonly Lock[]> {
    const endsAtMs = this.#watchedMs + this.#times.patienceMs;
    for (;;) {
      const locks = (await this.#locks()).filter(({ path }) => path !== except);
      const isKnown =
        locks.some(({ state }) => state === "alive") || locks.every(({ state }) => state === "dead");
      if (isKnown || this.#watchedMs >= endsAtMs) return locks;
      signal?.throwIfAborted();
      this.#onWait?.(locks.find(({ state }) => state === "unknown")?.holder);
      this.#onWait = undefined;
      const pausedAtMs = performance.now();
      // The pause has a reason of its own when it is aborted.
      await pause(lookAgainMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      // After a longer pause this process was suspended, and perhaps the holder as well.
      this.#watchedMs += Math.min(performance.now() - pausedAtMs, this.#times.refreshMs);
    }
  }

  async #locks(): Promise<readonly Lock[]> {
    const names = (await readdir(this.#folder)).filter(isLockName);
    const locks = await Promise.all(names.map((name) => this.#read(name)));
    return locks.filter((lock) => lock !== undefined);
  }

  async #read(name: string): Promise<Lock | undefined> {
    const path = join(this.#folder, name);
    const text = await readOwnNote(path, this.#uid);
    const stats = await ownFileStats(path, this.#uid);
    if (text === undefined || stats === undefined) return await this.#foreign(name, path);
    const holder = parseHolder(text);
    const refreshedAtMs = Number(stats.mtimeNs) / 1e6;
    const state = await this.#stateOf(path, holder, refreshedAtMs);
    return { number: lockNumberOf(name), path, holder, refreshedAtMs, state };
  }

  /** @throws StreamCsvError `SCSV_SPOOL_UNUSABLE` for a lock that isn't this user's regular file, unless it is gone by now */
  async #foreign(name: string, path: string): Promise<undefined> {
    if (!(await readdir(this.#folder)).includes(name)) return undefined;
    const message = `"${path}" is not a lock that this user wrote: it is a link, a pipe, a folder, a large file or a file of another user.`;
    const hint = "Name another folder with --spool-dir, or remove that file when no server uses the folder.";
    throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { hint });
  }

  async #stateOf(
    path: string,
    holder: LockHolder | undefined,
    refreshedAtMs: number,
  ): Promise<Lock["state"]> {
    if (holder !== undefined && isSameNamespace(holder, this.#self))
      return (await isRunning(holder)) ? "alive" : "dead";
    const first = this.#seen.get(path) ?? { watchedMs: this.#watchedMs, refreshedAtMs };
    this.#seen.set(path, first);
    if (holder !== undefined && first.refreshedAtMs !== refreshedAtMs) return "alive";
    const staleMs = holder === undefined ? unfinishedMs : this.#times.staleMs;
    return this.#watchedMs - first.watchedMs >= staleMs ? "dead" : "unknown";
  }
}

function requireFree(locks: readonly Lock[], folder: string): void {
  const living = locks.find(({ state }) => state !== "dead");
  if (living === undefined) return;
  const { holder } = living;
  const who = holder === undefined ? "that is just starting" : `the process ${holder.pid} on ${holder.host}`;
  const message = `The folder "${folder}" holds the prepared files of another server, ${who}.`;
  const hint = "Give each server a folder of its own with --spool-dir, or stop the other one.";
  throw new StreamCsvError("SCSV_SPOOL_UNUSABLE", message, { hint });
}

/** Creates a lock; false if it exists already. */
async function created(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
      return true;
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCodedError(error) && error.code === "EEXIST") return false;
    throw error;
  }
}

/** Refreshes the time of a lock until it is released. */
function refreshed(path: string, { isHeld, release }: FolderLock, refreshMs: number): FolderLock {
  const refresh = async (): Promise<void> => {
    const now = new Date();
    if (await isHeld()) await utimes(path, now, now);
  };
  const timer = setInterval(() => {
    refresh().catch(() => {
      // The next build checks whether the lock is held, so a missing or unwritable lock shows there.
    });
  }, refreshMs).unref();
  return {
    isHeld,
    release: async () => {
      clearInterval(timer);
      await release();
    },
  };
}
