import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabase, skip, sourceOf, stopServer } from "./postgres-source.ts";
import { SilentProxy } from "./silent-proxy.ts";

after(stopServer);

const { signal } = new AbortController();
const endless = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s";

test("fails behind its last row where the transaction doesn't end", { skip }, async () => {
  await using proxy = await SilentProxy.start();
  const database = await openDatabase({ url: proxy.url });
  try {
    const source = await sourceOf(database, "SELECT 1 AS n");
    const rows = source.read({ signal })[Symbol.asyncIterator]();
    assert.equal((await rows.next()).done, false);
    proxy.silence();
    await assert.rejects(async () => await rows.next(), {
      code: "SCSV_DATABASE_UNAVAILABLE",
      message: "The database didn't end the transaction within 30.0 s.",
    });
  } finally {
    await database.close();
  }
});

test("leaves it to the database to end a statement whose rows nobody takes", { skip }, async () => {
  const database = await openDatabase({ statementTimeoutMs: 500 });
  try {
    const rows = (await sourceOf(database, endless)).read({ signal })[Symbol.asyncIterator]();
    await rows.next();
    // Longer than the time-out, and than an answer may be on its way.
    await sleep(7000);
    await assert.rejects(
      async () => {
        for (let step = await rows.next(); step.done !== true; step = await rows.next());
      },
      (error: Error & { code: string }) => {
        assert.equal(error.code, "SCSV_QUERY_TIMEOUT");
        assert.match(String(error.cause), /canceling statement due to statement timeout/);
        return true;
      },
    );
  } finally {
    await database.close();
  }
});
