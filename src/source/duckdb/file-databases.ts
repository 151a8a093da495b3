import type { DuckDBInstance } from "@duckdb/node-api";
import { StreamCsvError } from "../../errors.ts";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import type { DuckDBModule } from "./database.ts";
import { openFileDatabase, type FileDatabase, type FileState } from "./file-database.ts";
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
  retire(): void;
  /** A second call does nothing. */
  release(): Promise<void>;
}

/**
 * The DuckDB databases of a process, one per state of a file, made when they are first needed and shared by all readings of
 * that state. All together they stay within one memory budget.
 */
export class FileDatabases {
  readonly #duckdb: DuckDBModule;
  readonly #budget: MemoryBudget;
  readonly #open = new Map<string, Promise<FileDatabase>>();
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
  async lease(state: FileState, name: string, bytes: number): Promise<DatabaseLease> {
    const key = keyOf(state);
    const guard = state.isAttached ? undefined : await guardFile(state.path, state.version);
    try {
      const { database, reserved } = await this.#borrow(key, state, name, bytes);
      const held = guard ?? database.attached;
      if (held === undefined) throw new TypeError("an attached database holds its file");
      const lease = this.#leaseOf(key, name, database, held, reserved, guard);
      if (guard === undefined)
        await held.checkPath().catch(async (error: unknown) => {
          await lease.release();
          throw error;
        });
      return lease;
    } catch (error) {
      await guard?.close();
      throw error;
    }
  }

  /** Closes the database of a state at once if nobody uses it. */
  async closeIdle(state: FileState): Promise<void> {
    await this.#closeIdleOf(keyOf(state));
  }

  /** Databases that are open now. */
  get openCount(): number {
    return this.#open.size;
  }

  /** To attach a database may take more memory than to read from it, when a log has to be replayed. */
  async #borrow(
    key: string,
    state: FileState,
    name: string,
    bytes: number,
  ): Promise<{ readonly database: FileDatabase; readonly reserved: number }> {
    for (let reserved = Math.min(bytes, this.#budget.totalBytes); ; reserved *= 2) {
      await this.#reserve(reserved, name, key);
      try {
        return { database: await this.#take(key, state, reserved), reserved };
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
      }
    }
  }

  #leaseOf(
    key: string,
    name: string,
    database: FileDatabase,
    guard: GuardedFile,
    bytes: number,
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
        const more = Math.min(reservedBytes, await this.#mostFree(key));
        await this.#reserve(more === 0 ? reservedBytes : more, name, key, reservedBytes);
        reservedBytes += more;
        await database.raiseLimit(more);
      },
      retire: () => {
        database.isRetired = true;
        this.#forget(key, database);
      },
      release: () => {
        released ??= this.#giveBack(key, database, reservedBytes).finally(() => own?.close());
        return released;
      },
    };
  }

  /** Reserves memory, if need be by closing what nobody uses. */
  async #reserve(bytes: number, name: string, key: string, alreadyHeld = 0): Promise<void> {
    if (this.#budget.reserve(bytes)) return;
    await this.#mostFree(key);
    if (this.#budget.reserve(bytes)) return;
    throw noMemory(name, this.#budget.totalBytes, bytes > this.#budget.totalBytes - alreadyHeld);
  }

  /** The memory that is free once all databases that nobody uses are closed. */
  async #mostFree(ownKey: string): Promise<number> {
    for (const key of this.#idle.keys()) if (key !== ownKey) await this.#closeIdleOf(key);
    return this.#budget.freeBytes;
  }

  async #take(key: string, state: FileState, bytes: number): Promise<FileDatabase> {
    const known = this.#open.get(key);
    if (known === undefined) {
      const opening = openFileDatabase(this.#duckdb, state, this.#budget, bytes);
      this.#open.set(key, opening);
      try {
        const database = await opening;
        database.take();
        return database;
      } catch (error) {
        this.#open.delete(key);
        this.#budget.giveBack(bytes);
        throw error;
      }
    }
    const database = await known.catch((error: unknown) => {
      this.#budget.giveBack(bytes);
      throw error;
    });
    if (database.isRetired || this.#open.get(key) !== known) return await this.#take(key, state, bytes);
    this.#wake(key);
    database.take();
    await database.raiseLimit(bytes);
    return database;
  }

  async #giveBack(key: string, database: FileDatabase, bytes: number): Promise<void> {
    if (!database.isRetired) await database.lowerLimit(bytes);
    database.putBack();
    if (database.users > 0) return;
    if (database.isRetired) await database.close();
    else await this.#linger(key, database);
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
    await idle.database.close();
  }

  #forget(key: string, database: FileDatabase): void {
    const known = this.#open.get(key);
    void known?.then((one) => {
      if (one === database && this.#open.get(key) === known) this.#open.delete(key);
    });
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

function keyOf({ path, version, isAttached }: FileState): string {
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
