import assert from "node:assert/strict";
import { test } from "node:test";
import { openCatalog } from "../../src/export/catalog.ts";

const secret = "canary";
const urls = [
  `postgres://user:${secret}@host/db?sslmode=prefer`,
  `postgres://user:${secret}@host/db?target_session_attrs=any`,
  `postgres://user:12/${secret}@host/db`,
  secret,
];
for (const url of urls)
  test(`a program's database with the URL ${url} is a fault of its settings, which quotes no password`, async () => {
    const database = { name: "shop", url };
    const catalog = await openCatalog({ sources: [{ name: "a", database, sql: "SELECT 1 AS n" }] });
    const [fault] = catalog.faults;
    assert.equal(fault?.error.code, "SCSV_BAD_SETTING");
    assert.match(
      fault.error.message,
      /^The database "shop" can't be used\. The URL of the database .*[^.]\.$/,
    );
    assert.doesNotMatch(`${fault.error.message}${fault.error.hint}${fault.error.stack}`, new RegExp(secret));
    await catalog.close();
  });
