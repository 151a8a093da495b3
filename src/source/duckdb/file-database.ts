import { basename, extname } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { guardFile, type GuardedFile } from "../guarded-file.ts";
import { logOf } from "./database-version.ts";
import { createDatabase, memoryText, sqlName, sqlText, type DuckDBModule } from "./database.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** One state of one file, and whether the file is a database that is attached. */
export interface DescribedFile {
  readonly path: string;
  readonly version: string;
  /** Whether the file is a DuckDB database. It is then attached and held open as long as our database exists. */
  readonly isAttached: boolean;
}

/**
 * A DuckDB database that reads one state of one file. So a fatal error affects only that file, and a replaced file is never mixed
 * with its predecessor. Its memory limit is the sum that its readings have reserved.
 */
export class FileDatabase {
  readonly instance: DuckDBInstance;
  readonly #control: DuckDBConnection;
  readonly #budget: MemoryBudget;
  /** An attached file, held open at its version, or undefined for files that each reading opens. */
  readonly attached: GuardedFile | undefined;
  #limitBytes: number;
  #usedBytes: number;
  #users = 0;
  #changes: Promise<void> = Promise.resolve();
  /** Whether a fault may have made it unusable. It is then never lent again, and closed when nobody uses it. */
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

  /** Takes up to `bytes` of the memory that earlier readings have left. Returns how many. */
  claimSpare(bytes: number): number {
    const claimed = Math.min(bytes, this.#spareBytes);
    this.#usedBytes += claimed;
    return claimed;
  }

  /** Keeps the memory of a finished reading for the next one. Lowering the limit each time would cost a tenth of the speed. */
  leaveSpare(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Raises the limit by bytes that were reserved from the budget and are used at once. */
  raiseLimit(bytes: number): Promise<void> {
    this.#usedBytes += bytes;
    return this.#setLimit(bytes, () => {
      this.#limitBytes += bytes;
    });
  }

  /** Returns unused memory to the budget, as far as DuckDB can free it. */
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

  /** The memory of a pending raise, which is not available yet but is already used. */
  get #spareBytes(): number {
    return Math.max(0, this.#limitBytes - this.#usedBytes);
  }

  /** Changes the limit after earlier changes. */
  #setLimit(change: number, then: (isSet: boolean) => void): Promise<void> {
    const earlier = this.#changes;
    const set = async (): Promise<void> => {
      await earlier;
      const sql = `SET memory_limit='${memoryText(this.#limitBytes + change)}'`;
      // Blocks in use can't be freed, and a database does nothing after a fatal error, which its next reading reports.
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
    // The guard is closed last, because closing any descriptor of a file releases DuckDB's lock on it (fcntl(2)).
    await this.attached?.close();
  }
}

/**
 * Makes a database with memory that has been reserved from the budget.
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED`, `SCSV_SOURCE_NOT_FOUND`; DuckDB's own error if it can't attach the file
 */
export async function openFileDatabase(
  duckdb: DuckDBModule,
  state: DescribedFile,
  budget: MemoryBudget,
  reservedBytes: number,
): Promise<FileDatabase> {
  const attached = state.isAttached
    ? await guardFile(state.path, state.version, logOf(state.path))
    : undefined;
  let instance: DuckDBInstance | undefined;
  try {
    instance = await createDatabase(duckdb, reservedBytes);
    const control = await instance.connect();
    // Otherwise a file with GeoParquet metadata of an early version is refused. All versions are read as the bytes they have (WKB).
    if (attached === undefined) await control.run("SET GLOBAL enable_geoparquet_conversion=false");
    else {
      const catalog = sqlName(catalogName(state.path));
      await control.run(`ATTACH ${sqlText(state.path)} AS ${catalog} (READ_ONLY, TYPE duckdb)`);
      // Without this, a view in the file could read any other file.
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

/** The name that DuckDB gives a database that it opens. Views in the file may refer to tables by it. */
export function catalogName(path: string): string {
  const name = basename(path, extname(path));
  return takenNames.has(name.toLowerCase()) ? `${name}_file` : name;
}
