import type { DuckDBInstance } from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import type { DuckDBModule } from "./database.ts";
import { openFileDatabase, type FileDatabase, type DescribedFile } from "./file-database.ts";
import { MemoryBudget } from "./memory-budget.ts";
import { isOutOfMemory } from "./reason.ts";

/** How long a database that nobody uses is kept for the next reading. */
const lingerMs = 1000;

/** Databases kept that nobody uses; the one unused for longest makes room. */
const mostIdle = 4;

/** The use of a database for one reading or description. */
export interface DatabaseLease {
  readonly instance: DuckDBInstance;
  /** The file, held to the state the lease is for. */
  readonly guard: GuardedFile;
  /** Reserves as much again. @throws StreamCsvError `SCSV_BUSY` when that isn't free */
  grow(): Promise<void>;
  /** Bytes reserved by now. */
  readonly reservedBytes: number;
  /** Whether that is all the memory there is for reading files. */
  readonly isAllThereIs: boolean;
  /** Has the database closed once nobody uses it: it met a fault. */
  retire(this: void): void;
  /** A second call does nothing. */
  release(): Promise<void>;
}

interface Borrowed {
  readonly database: FileDatabase;
  readonly reservedBytes: number;
}

/**
 * The DuckDB databases of a process, one per state of a file, made when they are first needed and shared by all readings of
 * that state. All together they stay within one memory budget.
 */
export class FileDatabases {
  readonly #duckdb: DuckDBModule;
  readonly #budget: MemoryBudget;
  readonly #open = new Map<string, Promise<FileDatabase>>();
  /** Databases that exist, retired ones that are still used among them. */
  readonly #live = new Set<FileDatabase>();
  /** Databases nobody uses, by their key; the longest unused first. */
  readonly #idle = new Map<string, { readonly database: FileDatabase; readonly timer: NodeJS.Timeout }>();

  constructor(duckdb: DuckDBModule, budget: MemoryBudget) {
    this.#duckdb = duckdb;
    this.#budget = budget;
  }

  /**
   * Lends the database for a state of a file, with memory for one reading.
   * @throws StreamCsvError `SCSV_SOURCE_CHANGED` and `SCSV_SOURCE_NOT_FOUND` when the file isn't in that state, `SCSV_BUSY`
   *   when there is no memory left; DuckDB's own error when it can't attach the file
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
   * Lends the one database that files are described with: to make one for each would take longer than the rest. Its faults
   * reach those that are described at the same time, and nobody's readings.
   * @param guard the file, which stays the caller's
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

  /** Databases that are open now. */
  get openCount(): number {
    return this.#live.size;
  }

  /** To attach a database may take more memory than to read from it, when a log has to be replayed. */
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
        if (more === 0) throw noMemory(name, totalBytes, reservedBytes >= totalBytes);
        await this.#reserve(more, name);
        reservedBytes += more;
        await database.raiseLimit(more);
      },
      retire: () => {
        database.isRetired = true;
        void this.#forget(key, database);
      },
      release: () => {
        released ??= this.#release(key, database, reservedBytes, own);
        return released;
      },
    };
  }

  /** Reserves memory, if need be what is kept for readings to come. */
  async #reserve(bytes: number, name: string): Promise<void> {
    if (this.#budget.reserve(bytes)) return;
    await this.#mostFree();
    if (!this.#budget.reserve(bytes))
      throw noMemory(name, this.#budget.totalBytes, bytes > this.#budget.totalBytes);
  }

  /** The memory that is free once nothing is kept for readings to come. */
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
      void this.#closeIdleOf(key);
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

/** @param isTooMuch whether it wouldn't fit either if nothing else were read */
function noMemory(name: string, totalBytes: number, isTooMuch: boolean): StreamCsvError {
  const total = `${totalBytes / 2 ** 20} MiB`;
  return isTooMuch
    ? new StreamCsvError(
        "SCSV_BUSY",
        `Reading ${JSON.stringify(name)} takes more than the ${total} of memory that all files being read may take together.`,
        { retryAfterSeconds: 60, hint: "Ask for fewer columns, or write the file with smaller row groups." },
      )
    : new StreamCsvError(
        "SCSV_BUSY",
        `There is no memory left to read ${JSON.stringify(name)}: all files being read may take ${total} together.`,
        { retryAfterSeconds: 5, hint: "Try again when other exports have ended." },
      );
}
