import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { StreamCsvError } from "../../../src/errors.ts";
import { openDatabase, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";
import { SilentProxy } from "./silent-proxy.ts";

after(stopServer);

const { signal } = new AbortController();
const endless = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s";

test("gives up a statement whose time-out is over, where the database says nothing", { skip }, async () => {
  await using proxy = await SilentProxy.start();
  const database = await openDatabase({ url: proxy.url, statementTimeoutMs: 1000 });
  try {
    const source = await sourceOf(database, endless);
    const rows = source.read({ signal })[Symbol.asyncIterator]();
    await rows.next();
    proxy.silence();
    const rest = async (): Promise<void> => {
      for (let step = await rows.next(); step.done !== true; step = await rows.next());
    };
    await assert.rejects(rest, (error: StreamCsvError) => {
      assert.equal(error.code, "SCSV_QUERY_TIMEOUT");
      assert.equal(error.status, 504);
      assert.match(String(error.cause), /Nothing comes of it/);
      return true;
    });
  } finally {
    await database.close();
  }
});

test("gives up a kept connection on which no transaction begins", { skip }, async () => {
  await using proxy = await SilentProxy.start();
  const database = await openDatabase({ url: proxy.url, queueTimeoutMs: 1000 });
  try {
    const source = await sourceOf(database, "SELECT 1 AS n");
    assert.equal(await textOf(source, { dialect: "unix" }), "n\n1\n");
    proxy.silence();
    await assert.rejects(textOf(source), {
      code: "SCSV_DATABASE_UNAVAILABLE",
      status: 503,
      retryAfterSeconds: 5,
      message: "The database didn't begin a transaction within 2.00 s.",
      hint: /default_pool_size/,
    });
  } finally {
    await database.close();
  }
  assert.equal(database.usage.busyConnections, 0);
});
