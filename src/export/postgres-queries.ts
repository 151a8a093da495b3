import type { Clock } from "../clock.ts";
import { PostgresDatabase } from "../source/postgres/database.ts";
import type { DatabaseSettings } from "../source/postgres/database-settings.ts";
import { describeQuery } from "../source/postgres/query.ts";
import type { ParameterValue } from "./declared-parameter.ts";
import type { ParameterType } from "./parameter-type.ts";
import type { DescribedSql, SqlDatabase, SqlQuery } from "./sql-database.ts";

/** OIDs of the types that parameters have, and of arrays of them (`pg_type.dat`). */
const typeIds: Readonly<Record<ParameterType, { readonly one: number; readonly list: number }>> = {
  integer: { one: 20, list: 1016 },
  decimal: { one: 1700, list: 1231 },
  boolean: { one: 16, list: 1000 },
  date: { one: 1082, list: 1182 },
  timestamp: { one: 1184, list: 1185 },
  // Left to the statement, so that a text can be compared with an enum or any other type.
  text: { one: 0, list: 0 },
  uuid: { one: 2950, list: 2951 },
};

/**
 * Opens a database of PostgreSQL, whose queries are exported.
 * @throws what `PostgresDatabase.open` throws
 */
export async function openPostgres(settings: DatabaseSettings, clock: Clock): Promise<PostgresQueries> {
  return new PostgresQueries(await PostgresDatabase.open(settings, clock));
}

/** The queries of a PostgreSQL database. */
export class PostgresQueries implements SqlDatabase {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  /** Connections in use, and what readings waited for them. */
  get usage(): PostgresDatabase["usage"] {
    return this.#database.usage;
  }

  async describe({ name, sql, parameters, settings }: SqlQuery, signal: AbortSignal): Promise<DescribedSql> {
    const parameterTypes = new Map(
      parameters.map((parameter) => [
        parameter.name,
        typeIds[parameter.type][parameter.list ? "list" : "one"],
      ]),
    );
    const lists = new Set(parameters.flatMap((parameter) => (parameter.list ? [parameter.name] : [])));
    const query = await describeQuery(this.#database, { name, sql, parameterTypes, lists, settings }, signal);
    return {
      kind: "postgres",
      columns: query.columns,
      parameters: query.parameters,
      bind: (binding) =>
        query.bind({
          ...binding,
          values: new Map(Object.entries(binding.values).map(([key, value]) => [key, inputText(value)])),
        }),
    };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/** A value as PostgreSQL's input functions read it; a list as an array (the manual's section 8.15.2). */
function inputText(value: ParameterValue): string | null {
  if (value === null || typeof value === "string") return value;
  const items = value.map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
  return `{${items.join(",")}}`;
}
