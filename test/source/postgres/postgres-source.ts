import { systemClock } from "../../../src/clock.ts";
import { csvChunks, type Source } from "../../../src/index.ts";
import type { DatabaseSettings } from "../../../src/source/postgres/database-settings.ts";
import { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { describeQuery, type PostgresQuery } from "../../../src/source/postgres/query.ts";
import { startPostgres, type PostgresServer } from "../../../dev/postgres-server.ts";

/** What the tests of this folder share: one server a file, or why there is none. */
export const started = startPostgres(["max_connections=40"]);
export const skip = typeof started === "string" ? started : false;

/** The server, in tests that aren't skipped. */
export function server(): PostgresServer {
  if (typeof started === "string") throw new Error(started);
  return started;
}

/** Ends it, if there is one. */
export function stopServer(): void {
  if (typeof started !== "string") started.stop();
}

export async function openDatabase(settings: Partial<DatabaseSettings> = {}): Promise<PostgresDatabase> {
  return await PostgresDatabase.open({ url: server().url, ...settings }, systemClock);
}

export async function describe(
  database: PostgresDatabase,
  sql: string,
  parameterTypes: Readonly<Record<string, number>> = {},
): Promise<PostgresQuery> {
  const types = new Map(Object.entries(parameterTypes));
  return await describeQuery(
    database,
    { name: "query", sql, parameterTypes: types },
    new AbortController().signal,
  );
}

export async function sourceOf(
  database: PostgresDatabase,
  sql: string,
  values: Readonly<Record<string, string | null>> = {},
  parameterTypes: Readonly<Record<string, number>> = Object.fromEntries(
    Object.keys(values).map((name) => [name, 0]),
  ),
): Promise<Source> {
  const query = await describe(database, sql, parameterTypes);
  return query.bind({ values: new Map(Object.entries(values)), version: "test" });
}

export async function textOf(source: Source, options: Parameters<typeof csvChunks>[1] = {}): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks(source, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
