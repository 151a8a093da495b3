import { basename, extname } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import { createDatabase, memoryText, sqlName, sqlText, type DuckDBModule } from "./database.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** One state of one file, and whether it is a database that is attached. */
export interface DescribedFile {
  readonly path: string;
  readonly version: string;
  /** Whether the file is a DuckDB database: it is attached and held open while its DuckDB database lives. */
  readonly isAttached: boolean;
}

/**
 * A DuckDB database that reads one state of one file, so that a fault which makes it unusable harms that file alone, and a
 * replaced file is never mixed with its predecessor. Its memory limit is what its readings have reserved.
 */
export class FileDatabase {
  readonly instance: DuckDBInstance;
  readonly #control: DuckDBConnection;
  readonly #budget: MemoryBudget;
  /** An attached file held open, and to its version; undefined for files that each reading opens anew. */
  readonly attached: GuardedFile | undefined;
  #limitBytes: number;
  #usedBytes: number;
  #users = 0;
  #changes: Promise<void> = Promise.resolve();
  /** Whether it has met a fault it may not recover from: it is closed once nobody uses it, and never lent again. */
  isRetired = false;

  constructor(
    instance: DuckDBInstance,
    control: DuckDBConnection,
    budget: MemoryBudget,
    limitBytes: number,
    attached: GuardedFile | undefined,
  ) {
    this.instance = instance;
    this.#control = control;
    this.#budget = budget;
    this.#limitBytes = limitBytes;
    this.#usedBytes = limitBytes;
    this.attached = attached;
  }

  get users(): number {
    return this.#users;
  }

  take(): void {
    this.#users += 1;
  }

  putBack(): void {
    this.#users -= 1;
  }

  /** Takes up to so many bytes of those that earlier readings have left; gives how many. */
  claimSpare(bytes: number): number {
    const claimed = Math.min(bytes, this.#spareBytes);
    this.#usedBytes += claimed;
    return claimed;
  }

  /** Bytes of a reading that has ended are left for the next one: to lower the limit each time would cost it a tenth. */
  leaveSpare(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Raises the limit by bytes that were reserved from the budget, and are used at once. */
  raiseLimit(bytes: number): Promise<void> {
    this.#usedBytes += bytes;
    return this.#setLimit(bytes, () => {
      this.#limitBytes += bytes;
    });
  }

  /** Gives back what no reading uses, as far as DuckDB can free it. */
  async giveBackSpare(): Promise<void> {
    const spare = this.#spareBytes;
    if (spare === 0) return;
    this.#usedBytes += spare;
    await this.#setLimit(-spare, (isSet) => {
      this.#usedBytes -= spare;
      if (!isSet) return;
      this.#limitBytes -= spare;
      this.#budget.giveBack(spare);
    });
  }

  /** What a raise that is under way will add isn't there yet, and is used already. */
  get #spareBytes(): number {
    return Math.max(0, this.#limitBytes - this.#usedBytes);
  }

  /** Changes the limit once earlier changes are done. */
  #setLimit(change: number, then: (isSet: boolean) => void): Promise<void> {
    const earlier = this.#changes;
    const set = async (): Promise<void> => {
      await earlier;
      const sql = `SET memory_limit='${memoryText(this.#limitBytes + change)}'`;
      // Blocks in use can't be freed, and a database that has met a fatal error does nothing: its next reading says so.
      const isSet = await this.#control.run(sql).then(
        () => true,
        () => false,
      );
      then(isSet);
    };
    this.#changes = set();
    return this.#changes;
  }

  async close(): Promise<void> {
    await this.#changes;
    this.#control.closeSync();
    this.instance.closeSync();
    this.#budget.giveBack(this.#limitBytes);
    // Last: closing any descriptor of a file gives up the lock DuckDB has on it (fcntl(2)).
    await this.attached?.close();
  }
}

/**
 * Makes a database with memory that was reserved from the budget before.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED`, `SCSV_SOURCE_NOT_FOUND`; DuckDB's own error when it can't attach the file
 */
export async function openFileDatabase(
  duckdb: DuckDBModule,
  state: DescribedFile,
  budget: MemoryBudget,
  reservedBytes: number,
): Promise<FileDatabase> {
  const attached = state.isAttached ? await guardFile(state.path, state.version) : undefined;
  let instance: DuckDBInstance | undefined;
  try {
    instance = await createDatabase(duckdb, reservedBytes);
    const control = await instance.connect();
    if (attached !== undefined) {
      const catalog = sqlName(catalogName(state.path));
      await control.run(`ATTACH ${sqlText(state.path)} AS ${catalog} (READ_ONLY, TYPE duckdb)`);
      // A view in the file could read any other, were it not for this.
      await control.run("SET enable_external_access=false");
      await attached.checkPath();
    }
    return new FileDatabase(instance, control, budget, reservedBytes, attached);
  } catch (error) {
    instance?.closeSync();
    await attached?.close();
    throw error;
  }
}

const takenNames: ReadonlySet<string> = new Set(["memory", "system", "temp", "main", ""]);

/** The name DuckDB itself gives a database it opens: views of the file may refer to tables by it. */
export function catalogName(path: string): string {
  const name = basename(path, extname(path));
  return takenNames.has(name.toLowerCase()) ? `${name}_file` : name;
}
