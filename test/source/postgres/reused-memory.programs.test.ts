import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import type { Batch } from "../../../src/csv/batch.ts";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { ReceivedBytes } from "../../../src/source/postgres/received-bytes.ts";
import { describe, openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

/** The memory of a reading is used again for each batch: rows, lengths and nulls have to differ from one to the next. */

let database: PostgresDatabase;
before(async () => {
  if (skip === false) database = await openDatabase();
});
after(async () => {
  if (skip !== false) return;
  await database.close();
  stopServer();
});

/** Nulls that come and go, values too great for a `number` among others, and texts of 0 bytes to 3 MB. */
const changingRows = (rows: number): string => `
  SELECT g AS id,
    CASE WHEN g % 2000 < 900 THEN NULL ELSE g::int8 END AS sometimes,
    CASE WHEN g % 3001 = 0 THEN 9223372036854775807 - g ELSE g::int8 END AS wide,
    CASE WHEN g % 1700 < 800 THEN NULL WHEN g % 3001 = 0 THEN 'NaN' ELSE g / 7.0 END::numeric(12, 4) AS price,
    (g * 1000000007::int8)::numeric(18, 3) AS long_price,
    CASE WHEN g % 2999 = 0 THEN 'Infinity' ELSE g / 3.0 END::numeric AS any_price,
    CASE WHEN g % 3002 = 0 THEN 'infinity' ELSE '2024-01-01'::timestamptz + g * interval '7 s' END AS at,
    CASE WHEN g % 1500 < 700 THEN NULL ELSE g % 3 = 0 END AS flag,
    g::float4 / 3 AS single,
    CASE WHEN g % 2300 < 1100 THEN NULL ELSE jsonb_build_object('g', g, 'text', repeat('ß', g % 17)) END AS document,
    CASE WHEN g % 4001 = 0 THEN repeat('x,"', 1000000) WHEN g % 9 = 0 THEN NULL ELSE repeat('é', g * 7919 % 300) END AS note
  FROM generate_series(1, ${rows}) AS g`;

/** Stands for a text that would be too long for a message. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

test("batches of changing sizes, values and nulls come as COPY writes them", { skip }, async () => {
  const sql = changingRows(9000);
  const source = await sourceOf(database, sql);
  const expected = server().run(`SET TimeZone = 'UTC'; COPY (${sql}) TO STDOUT WITH (FORMAT csv, HEADER)`);
  assert.equal(digest(await textOf(source, { dialect: "postgres" })), digest(expected.toString("utf8")));
});

test("a batch holds while other readings of the same query go on", { skip }, async () => {
  const sql = "SELECT id, flag, single, any_price, document FROM rows WHERE id > :above::int";
  const query = await describe(database, `WITH rows AS (${changingRows(9000)}) ${sql}`, { above: 23 });
  const { signal } = new AbortController();
  const readings = [0, 1003, 4444].map((above) => {
    const source = query.bind({ values: new Map([["above", String(above)]]), version: "test" });
    return { above, read: 0, batches: source.read({ signal })[Symbol.asyncIterator]() };
  });
  for (let round = 0; round < 3; round += 1) {
    const batches: Batch[] = [];
    for (const { batches: reading } of readings) batches.push((await reading.next()).value as Batch);
    for (const [index, reading] of readings.entries()) {
      const { rowCount, columns } = batches[index]!;
      for (let row = 0; row < rowCount; row += 1) {
        const [id, flag, single, price, document] = columns.map((column) => vectorValue(column, row));
        reading.read += 1;
        const expected = reading.above + reading.read;
        assert.equal(id, expected);
        assert.equal(flag, expected % 1500 < 700 ? null : expected % 3 === 0);
        assert.equal(Math.fround(Number(single)), Math.fround(expected / 3));
        assert.match(String((price as { readonly text?: string }).text ?? price), /^\d+\.\d+$|^Infinity$/);
        if (document !== null)
          assert.match((document as { readonly text: string }).text, new RegExp(`"g": ${expected},`));
      }
    }
  }
  for (const { batches } of readings) await batches.return?.(undefined);
});

test("received bytes keep their order through moves, growth and shrinking", () => {
  const received = new ReceivedBytes();
  let [sent, read] = [0, 0];
  const add = (count: number): void => {
    received.add(Uint8Array.from({ length: count }, (_, index) => (sent + index) % 251));
    sent += count;
  };
  const readSome = (count: number): void => {
    const { memory, start } = received;
    for (let index = 0; index < count; index += 1)
      assert.equal(memory[start + index], (read + index) % 251, `byte ${read + index}`);
    received.readTo(start + count);
    read += count;
  };
  for (const [added, taken] of [
    [65_536, 65_000],
    [65_536, 65_100],
    [10, 0],
    [3_000_000, 2_000_000],
    [65_536, 0],
    [1, 1_000_000],
    [65_536, 100],
    [40, 65_000],
  ] as const) {
    add(added);
    readSome(Math.min(taken, received.byteLength));
  }
  readSome(received.byteLength);
  assert.equal(read, sent);
  add(30);
  assert.ok(received.memory.byteLength < 200_000, `${received.memory.byteLength} bytes are kept for 30`);
  readSome(30);
});
