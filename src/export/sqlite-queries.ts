import { databaseVersion } from "../source/sqlite/database-version.ts";
import { describeSqliteQuery } from "../source/sqlite/query.ts";
import type { DescribedSql, SqlDatabase, SqlQuery } from "./sql-database.ts";

/** The queries of a SQLite file. Each reading has a process of its own, so there is nothing to close. */
export class SqliteQueries implements SqlDatabase {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async describe({ name, sql, parameters }: SqlQuery, signal: AbortSignal): Promise<DescribedSql> {
    const parameterTypes = new Map(parameters.map(({ name: key, type, list }) => [key, { type, list }]));
    const query = await describeSqliteQuery(this.#path, { name, sql, parameterTypes }, signal);
    return {
      kind: "sqlite",
      columns: query.columns,
      parameters: query.parameters,
      bind: ({ values, version }) => query.bind({ values: new Map(Object.entries(values)), version }),
    };
  }

  /** Changes with every commit, also with one that only the WAL has. */
  async version(): Promise<string> {
    return await databaseVersion(this.#path);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
