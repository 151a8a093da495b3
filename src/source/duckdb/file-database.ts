import { basename, extname } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import { createDatabase, memoryText, sqlName, sqlText, type DuckDBModule } from "./database.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** One state of one file, and whether it is a database that is attached. */
export interface FileState {
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

  /** Raises the limit by what was reserved from the budget. */
  raiseLimit(bytes: number): Promise<void> {
    return this.#setLimit(bytes, () => {
      this.#limitBytes += bytes;
    });
  }

  /** Lowers the limit and gives that much back; what DuckDB can't free is given back when the database is closed. */
  lowerLimit(bytes: number): Promise<void> {
    return this.#setLimit(-bytes, (isSet) => {
      if (!isSet) return;
      this.#limitBytes -= bytes;
      this.#budget.giveBack(bytes);
    });
  }

  /** Changes the limit once earlier changes are done. */
  #setLimit(change: number, then: (isSet: boolean) => void): Promise<void> {
    this.#changes = this.#changes.then(async () => {
      const sql = `SET memory_limit='${memoryText(this.#limitBytes + change)}'`;
      // Blocks in use can't be freed, and a database that has met a fatal error does nothing: its next reading says so.
      const isSet = await this.#control.run(sql).then(
        () => true,
        () => false,
      );
      then(isSet);
    });
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
  state: FileState,
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
