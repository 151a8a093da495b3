// Longer than most, because every step of a database (opening, lent, idle, retired, closed) changes the same sets.

import type { DuckDBInstance } from "@duckdb/node-api";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import { neverRejects } from "../../never-rejects.ts";
import type { DuckDBModule } from "./database.ts";
import { openFileDatabase, type FileDatabase, type DescribedFile } from "./file-database.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { isOutOfMemory } from "./reason.ts";

/** How long an unused database is kept for the next reading. */
const lingerMs = 1000;

/** The most unused databases. The one unused for longest is closed first. */
const mostIdle = 4;

/** The use of a database for one reading or description. */
export interface DatabaseLease {
  readonly instance: DuckDBInstance;
  /** The file, guarded at the state that the lease is for. */
  readonly guard: GuardedFile;
  /** Doubles the reserved memory. @throws StreamCsvError `SCSV_BUSY` if the budget has not enough left */
  grow(): Promise<void>;
  /** The bytes reserved so far. */
  readonly reservedBytes: number;
  /** Whether the lease has all memory of the budget. */
  readonly isAllThereIs: boolean;
  /** Marks the database as faulty, so that it is closed when nobody uses it. */
  retire(this: void): void;
  /** A second call does nothing. */
  release(): Promise<void>;
}

interface Borrowed {
  readonly database: FileDatabase;
  readonly reservedBytes: number;
}

/**
 * The DuckDB databases of a process, one per state of a file. Each is made on first use and shared by all readings of that
 * state. Together they stay within one memory budget.
 */
export class FileDatabases {
  readonly #duckdb: DuckDBModule;
  readonly #budget: MemoryBudget;
  readonly #open = new Map<string, Promise<FileDatabase>>();
  /** All existing databases, including retired ones that are still used. */
  readonly #live = new Set<FileDatabase>();
  /** The unused databases by their key. The longest unused comes first. */
  readonly #idle = new Map<string, { readonly database: FileDatabase; readonly timer: NodeJS.Timeout }>();

  constructor(duckdb: DuckDBModule, budget: MemoryBudget) {
    this.#duckdb = duckdb;
    this.#budget = budget;
  }

  /**
   * Lends the database for a state of a file, with memory for one reading.
   * @throws StreamCsvError `SCSV_SOURCE_CHANGED` and `SCSV_SOURCE_NOT_FOUND` if the file is not in that state, `SCSV_BUSY`
   *   if no memory is left; DuckDB's own error if it can't attach the file
   */
  async lease(state: DescribedFile, name: string, bytes: number): Promise<DatabaseLease> {
    const guard = state.isAttached ? undefined : await guardFile(state.path, state.version);
    try {
      const key = keyOf(state);
      const { database, reservedBytes } = await this.#borrow(key, state, name, bytes);
      const held = guard ?? database.attached;
      if (held === undefined) throw new TypeError("a database holds its file, or its readings do");
      const lease = this.#leaseOf(key, name, database, reservedBytes, held, guard);
      if (guard === undefined)
        await lease.guard.checkPath().catch(async (error: unknown) => {
          await lease.release();
          throw error;
        });
      return lease;
    } catch (error) {
      await guard?.close();
      throw error;
    }
  }

  /**
   * Lends the database that describes files. All descriptions share it, because making one for each would take longer than the
   * rest. Its faults affect other descriptions at the same time, but no readings.
   * @param guard the file, which the caller closes
   */
  async leaseForDescription(guard: GuardedFile, name: string, bytes: number): Promise<DatabaseLease> {
    const state = { path: "", version: "", isAttached: false };
    const key = "description";
    const { database, reservedBytes } = await this.#borrow(key, state, name, bytes);
    return this.#leaseOf(key, name, database, reservedBytes, guard, undefined);
  }

  /** Closes the database of a state at once if nobody uses it. */
  async closeIdle(state: DescribedFile): Promise<void> {
    await this.#closeIdleOf(keyOf(state));
  }

  /** The number of open databases. */
  get openCount(): number {
    return this.#live.size;
  }

  /** If a log must be replayed, attaching a database may need more memory than reading from it. */
  async #borrow(key: string, state: DescribedFile, name: string, bytes: number): Promise<Borrowed> {
    for (let wanted = Math.min(bytes, this.#budget.totalBytes); ; wanted *= 2) {
      try {
        return { database: await this.#take(key, state, name, wanted), reservedBytes: wanted };
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
      }
    }
  }

  #leaseOf(
    key: string,
    name: string,
    database: FileDatabase,
    bytes: number,
    guard: GuardedFile,
    own: GuardedFile | undefined,
  ): DatabaseLease {
    const { totalBytes } = this.#budget;
    let reservedBytes = bytes;
    let released: Promise<void> | undefined;
    return {
      instance: database.instance,
      guard,
      get reservedBytes() {
        return reservedBytes;
      },
      get isAllThereIs() {
        return reservedBytes >= totalBytes;
      },
      grow: async () => {
        const more = Math.min(reservedBytes, await this.#mostFree());
        if (more === 0) throw this.#budget.refusal(name, reservedBytes >= totalBytes);
        await this.#reserve(more, name);
        reservedBytes += more;
        await database.raiseLimit(more);
      },
      retire: () => {
        database.isRetired = true;
        neverRejects(this.#forget(key, database));
      },
      release: () => {
        released ??= this.#release(key, database, reservedBytes, own);
        return released;
      },
    };
  }

  /** Reserves memory. If necessary, it takes memory that is kept for further readings. */
  async #reserve(bytes: number, name: string): Promise<void> {
    if (this.#budget.reserve(bytes)) return;
    await this.#mostFree();
    if (!this.#budget.reserve(bytes)) throw this.#budget.refusal(name, bytes > this.#budget.totalBytes);
  }

  /** Returns the memory that is free if nothing is kept for further readings. */
  async #mostFree(): Promise<number> {
    for (const key of this.#idle.keys()) await this.#closeIdleOf(key);
    for (const database of this.#live) await database.giveBackSpare();
    return this.#budget.freeBytes;
  }

  async #take(key: string, state: DescribedFile, name: string, bytes: number): Promise<FileDatabase> {
    const known = this.#open.get(key);
    if (known === undefined) return await this.#openAnew(key, state, name, bytes);
    const database = await known;
    if (database.isRetired || this.#open.get(key) !== known) return await this.#take(key, state, name, bytes);
    this.#wake(key);
    database.take();
    const claimed = database.claimSpare(bytes);
    try {
      if (claimed < bytes) {
        await this.#reserve(bytes - claimed, name);
        await database.raiseLimit(bytes - claimed);
      }
      return database;
    } catch (error) {
      await this.#giveBack(key, database, claimed);
      throw error;
    }
  }

  async #openAnew(key: string, state: DescribedFile, name: string, bytes: number): Promise<FileDatabase> {
    const opening = this.#reserve(bytes, name).then(async () => {
      try {
        const database = await openFileDatabase(this.#duckdb, state, this.#budget, bytes);
        this.#live.add(database);
        return database;
      } catch (error) {
        this.#budget.giveBack(bytes);
        throw error;
      }
    });
    this.#open.set(key, opening);
    try {
      const database = await opening;
      database.take();
      return database;
    } catch (error) {
      this.#open.delete(key);
      throw error;
    }
  }

  async #giveBack(key: string, database: FileDatabase, bytes: number): Promise<void> {
    database.leaveSpare(bytes);
    database.putBack();
    if (database.users > 0) return;
    if (database.isRetired) await this.#close(database);
    else await this.#linger(key, database);
  }

  async #release(
    key: string,
    database: FileDatabase,
    bytes: number,
    own: GuardedFile | undefined,
  ): Promise<void> {
    try {
      await this.#giveBack(key, database, bytes);
    } finally {
      await own?.close();
    }
  }

  async #linger(key: string, database: FileDatabase): Promise<void> {
    const timer = setTimeout(() => {
      // Nothing uses it any more, and closing a file that was only read loses nothing.
      this.#closeIdleOf(key).catch(() => undefined);
    }, lingerMs);
    timer.unref();
    this.#idle.set(key, { database, timer });
    const [oldest] = this.#idle.keys();
    if (this.#idle.size > mostIdle && oldest !== undefined) await this.#closeIdleOf(oldest);
  }

  #wake(key: string): void {
    clearTimeout(this.#idle.get(key)?.timer);
    this.#idle.delete(key);
  }

  async #closeIdleOf(key: string): Promise<void> {
    const idle = this.#idle.get(key);
    if (idle === undefined) return;
    this.#wake(key);
    this.#open.delete(key);
    await this.#close(idle.database);
  }

  async #close(database: FileDatabase): Promise<void> {
    this.#live.delete(database);
    await database.close();
  }

  async #forget(key: string, database: FileDatabase): Promise<void> {
    const known = this.#open.get(key);
    // The code that opened it gets the error.
    const opened = await known?.catch(() => undefined);
    if (opened === database && this.#open.get(key) === known) this.#open.delete(key);
  }
}

const budget = new MemoryBudget();
const byModule = new WeakMap<DuckDBModule, FileDatabases>();

/** The process's databases made with a loaded package; all packages share one memory budget. */
export function databasesOf(duckdb: DuckDBModule): FileDatabases {
  const known = byModule.get(duckdb) ?? new FileDatabases(duckdb, budget);
  byModule.set(duckdb, known);
  return known;
}

function keyOf({ path, version, isAttached }: DescribedFile): string {
  return `${isAttached ? "attached" : "read"}:${version}:${path}`;
}
