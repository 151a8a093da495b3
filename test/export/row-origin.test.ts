import assert from "node:assert/strict";
import { test } from "node:test";
import { generatedExport } from "../../src/export/definition.ts";
import { readExportParameters } from "../../src/export/parameters.ts";
import { planExport } from "../../src/export/plan.ts";
import type { ServedFile, ServedQuery, ServedSource } from "../../src/export/served-source.ts";

/** The key of a plan of live rows of one version. */
function keyOf(served: ServedSource): string {
  const definition = { ...generatedExport("orders"), live: { version: null, pinsDatabase: false }, served };
  return planExport(definition, readExportParameters([]), { version: "7" }).key;
}

const shop = { name: "shop", url: "postgres://reader:secret@one/shop" };
const query: ServedQuery = { name: "orders", database: shop, sql: "SELECT 1 AS n" };
const file: ServedFile = { name: "orders", path: "/data/orders.csv" };

const otherRows: readonly (readonly [what: string, before: ServedSource, after: ServedSource])[] = [
  ["another SQL", query, { ...query, sql: "SELECT 2 AS n" }],
  ["another database", query, { ...query, database: { ...shop, name: "archive" } }],
  ["another role", query, { ...query, database: { ...shop, role: "exporter" } }],
  ["another setting", query, { ...query, settings: { "app.tenant": ":tenant" } }],
  [
    "another SQL of SQLite",
    { ...query, database: { path: "a.db" } },
    { ...query, database: { path: "a.db" }, sql: "SELECT 2 AS n" },
  ],
  ["another encoding", file, { ...file, encoding: "latin-1" }],
  ["another null", file, { ...file, nullValue: "NA" }],
  ["no header", file, { ...file, header: false }],
  ["no quotes", file, { ...file, quote: null }],
  [
    "other columns of a program's rows",
    { name: "orders", module: "/a.mjs", columns: ["a"] },
    { name: "orders", module: "/a.mjs", columns: ["b"] },
  ],
];
for (const [what, before, after] of otherRows)
  test(`an export configured with ${what} gives no plan of the earlier rows`, () => {
    assert.notEqual(keyOf(before), keyOf(after));
  });

test("where a source is, and what people read of an export, changes no plan", () => {
  const elsewhere = {
    ...query,
    database: { ...shop, url: "postgres://reader:changed@two/shop", connections: 9 },
  };
  assert.equal(keyOf(query), keyOf(elsewhere));
  assert.equal(keyOf(query), keyOf({ ...query, description: "Orders", deliveries: ["file"] }));
  assert.equal(keyOf(file), keyOf({ ...file, path: "/mnt/orders.csv", description: "Orders" }));
});
