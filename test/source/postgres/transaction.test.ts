import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../src/clock.ts";
import { PostgresDatabase, type DatabaseSession } from "../../../src/source/postgres/database.ts";
import { beginTransaction } from "../../../src/source/postgres/transaction.ts";

type Query = readonly [text: string, values: readonly string[] | undefined];

/** A session that notes what it is asked, as one of a server of some version that refuses what it can't do. */
function sessionOf(
  version: string,
  refused?: RegExp,
): DatabaseSession & { readonly asked: readonly Query[] } {
  const asked: Query[] = [];
  const client = {
    query: async (text: string, values?: readonly string[]): Promise<unknown> => {
      asked.push([text, values]);
      if (refused?.test(text) === true)
        throw Object.assign(new Error("invalid value for parameter"), { code: "22023" });
      return await Promise.resolve({ rows: [{ version, encoding: "UTF8" }] });
    },
  };
  return { client, asked } as unknown as DatabaseSession & { readonly asked: readonly Query[] };
}

async function databaseOf(role?: string): Promise<PostgresDatabase> {
  const url = "postgres://reader@127.0.0.1:1/shop";
  return await PostgresDatabase.open({ url, ...(role === undefined ? {} : { role }) }, systemClock);
}

test("binds the settings of an export, and takes the role last", async () => {
  const session = sessionOf("150004");
  await beginTransaction(await databaseOf("exporter"), session, new Map([["app.tenant", "o'hare\\"]]));
  const [bound, last] = session.asked.slice(-2);
  assert.deepEqual(bound, ["SELECT pg_catalog.set_config($1, $2, true)", ["app.tenant", "o'hare\\"]]);
  assert.deepEqual(last, ['SET LOCAL ROLE "exporter"; SAVEPOINT stream_csv_query', undefined]);
  for (const [text] of session.asked) assert.doesNotMatch(text, /hare/);
});

const servers: readonly (readonly [
  what: string,
  version: string,
  refused: RegExp | undefined,
  isSet: boolean,
])[] = [
  ["of version 15", "150004", undefined, true],
  ["of version 13, which has no such setting", "130012", /client_connection_check_interval/, false],
  ["of version 15 on a system that has no way to do it", "150004", /client_connection_check_interval/, false],
];
for (const [what, version, refused, isSet] of servers)
  test(`a server ${what} is ${isSet ? "" : "not "}asked to notice that its client has gone`, async () => {
    const session = sessionOf(version, refused);
    const database = await databaseOf();
    await beginTransaction(database, session);
    const begun = (): string => session.asked.at(-1)?.[0] ?? "";
    assert.match(begun(), /^BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; SELECT pg_catalog\.set_config/);
    assert.equal(begun().includes("client_connection_check_interval"), isSet);
    const before = session.asked.length;
    await beginTransaction(database, session);
    assert.equal(session.asked.length, before + 1);
  });
