import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Batch } from "../../../src/csv/batch.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import type { Source } from "../../../src/source/source.ts";
import { describe, openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

let database: PostgresDatabase;
before(async () => {
  if (skip === false) database = await openDatabase();
});
after(async () => {
  if (skip !== false) return;
  await database.close();
  stopServer();
});

/** Large, and never sorted beforehand. */
const endless = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s";
const sorting = "SELECT g AS n FROM generate_series(1, 30000000) AS g ORDER BY md5(g::text)";

/** Sessions of this tool that are doing something. */
function running(): number {
  return Number(
    server().run(
      "COPY (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND state <> 'idle') TO STDOUT",
    ),
  );
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isTrue(); await sleep(20))
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
}

/** Begins a reading; what it gives is left to the test. */
function begin(source: Source, abort: AbortController): AsyncIterator<Batch> {
  return source.read({ signal: abort.signal })[Symbol.asyncIterator]();
}

test("cancels a query in the database while it sorts", { skip }, async () => {
  const abort = new AbortController();
  const rows = begin(await sourceOf(database, sorting), abort);
  const first = assert.rejects(rows.next(), { message: "the client has left" });
  await until("the query runs", () => running() === 1);
  abort.abort(new Error("the client has left"));
  await first;
  await until("the query is cancelled", () => running() === 0);
  await until("its place is free", () => database.usage.busyConnections === 0);
});

test("cancels a query whose rows nobody takes", { skip }, async () => {
  const abort = new AbortController();
  const rows = begin(await sourceOf(database, endless), abort);
  assert.equal((await rows.next()).done, false);
  await until("the backend waits for its client", () => running() === 1);
  abort.abort(new Error("the client has left"));
  // Nobody asks for another batch.
  await until("the query is cancelled", () => running() === 0);
  await until("its place is free", () => database.usage.busyConnections === 0);
  await assert.rejects(async () => await rows.next(), { message: "the client has left" });
});

test("cancels a query when its iteration is ended early", { skip }, async () => {
  const rows = begin(await sourceOf(database, endless), new AbortController());
  await rows.next();
  await rows.return?.();
  await until("the query is cancelled", () => running() === 0);
  await until("its place is free", () => database.usage.busyConnections === 0);
});

test(
  "cancels at the server that it is connected to, where a name has several",
  {
    skip: skip !== false ? skip : process.platform !== "linux" && "only Linux has a second loopback address",
  },
  async (t) => {
    const { port, url } = server();
    let strangers = 0;
    const other = createServer((socket) => {
      strangers += 1;
      socket.destroy();
    }).listen(port, "127.0.0.2");
    await once(other, "listening");
    // A name whose addresses change places with each look-up, as those of a cluster do.
    let lookups = 0;
    t.mock.method(dns, "lookup", (_host: string, _options: object, found: (...answer: unknown[]) => void) => {
      lookups += 1;
      found(null, [{ address: lookups === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
    });
    const own = await openDatabase({ connections: 1, url: url.replace("127.0.0.1", "cluster.example") });
    try {
      const abort = new AbortController();
      const first = assert.rejects(begin(await sourceOf(own, sorting), abort).next(), { message: "left" });
      await until("the query runs", () => running() === 1);
      assert.equal(lookups, 1);
      abort.abort(new Error("left"));
      await first;
      await until("the query is cancelled", () => running() === 0);
      assert.equal(strangers, 0);
    } finally {
      await own.close();
      other.close();
    }
  },
);

test("loses no connection over aborts at random moments", { skip }, async () => {
  const source = await sourceOf(database, endless);
  const seed = 20_261_128;
  for (let count = 0; count < 60; count += 1) {
    const abort = new AbortController();
    const rows = begin(source, abort);
    const delayMs = ((count * seed) % 17) / 2;
    const timer = setTimeout(() => abort.abort(new Error("left")), delayMs);
    await assert.rejects(async () => {
      for (let step = await rows.next(); step.done !== true; step = await rows.next()) await sleep(0);
    });
    clearTimeout(timer);
  }
  await until("no query is left", () => running() === 0);
  await until("all places are free", () => database.usage.busyConnections === 0);
  assert.match(await textOf(await sourceOf(database, "SELECT 1 AS n")), /1/);
});

test("takes no more sessions than it has places, also while it cancels", { skip }, async () => {
  server().run("CREATE ROLE limited LOGIN CONNECTION LIMIT 1");
  const own = await openDatabase({
    url: `postgres://limited@127.0.0.1:${server().port}/postgres`,
    connections: 1,
  });
  try {
    for (const sql of [endless, sorting])
      for (let count = 0; count < 20; count += 2) {
        const abort = new AbortController();
        const rows = begin(await sourceOf(own, sql), abort);
        const left = assert.rejects(
          async () => {
            for (let step = await rows.next(); step.done !== true; step = await rows.next()) await sleep(0);
          },
          { message: "left" },
        );
        await sleep(count);
        abort.abort(new Error("left"));
        // The database refuses a second session of this role.
        assert.equal(await textOf(await sourceOf(own, "SELECT 1 AS n")), "n\r\n1\r\n");
        await left;
      }
  } finally {
    await own.close();
  }
});

test("uses one connection for readings one after the other", { skip }, async () => {
  const own = await openDatabase({ connections: 1 });
  try {
    const source = await sourceOf(own, "SELECT pg_backend_pid() AS pid");
    const pids = new Set([await textOf(source), await textOf(source), await textOf(source)]);
    assert.equal(pids.size, 1);
    assert.equal(own.usage.heldSeconds > 0, true);
  } finally {
    await own.close();
  }
});

test("refuses a reading when no connection comes free in time", { skip }, async () => {
  const own = await openDatabase({ connections: 1, queueTimeoutMs: 100 });
  const abort = new AbortController();
  try {
    const source = await sourceOf(own, endless);
    await begin(source, abort).next();
    await assert.rejects(begin(source, new AbortController()).next(), (error: Error & { code: string }) => {
      assert.equal(error.code, "SCSV_BUSY");
      assert.match(error.message, /connections to the database/);
      return true;
    });
  } finally {
    abort.abort();
    await own.close();
  }
});

test("fails when the last row fails", { skip }, async () => {
  const source = await sourceOf(database, "SELECT 10 / (5000 - g) AS n FROM generate_series(1, 5000) AS g");
  await assert.rejects(textOf(source), { code: "SCSV_QUERY_FAILED", message: /22012/ });
  await until("no query is left", () => running() === 0);
});

test("fails when the backend is terminated or the server stops midway", { skip }, async () => {
  const source = await sourceOf(database, endless);
  const ends: readonly (() => void)[] = [
    () =>
      server().run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND state <> 'idle'",
      ),
    () => server().halt("immediate"),
  ];
  for (const end of ends) {
    const rows = begin(source, new AbortController());
    await rows.next();
    end();
    await assert.rejects(
      async () => {
        for (let step = await rows.next(); step.done !== true; step = await rows.next());
      },
      { code: "SCSV_DATABASE_UNAVAILABLE" },
    );
    assert.equal(database.usage.busyConnections, 0);
  }
  await assert.rejects(textOf(source), { code: "SCSV_DATABASE_UNAVAILABLE" });
  server().restart();
  assert.match(await textOf(await sourceOf(database, "SELECT 1 AS n")), /1/);
});

test(
  "knows why the server has ended a session, also behind rows that nobody has taken",
  { skip },
  async () => {
    // They are so few that the server sends them with its last words.
    const sql =
      "SELECT n, CASE WHEN n = 100 THEN pg_terminate_backend(pg_backend_pid()) END AS t FROM generate_series(1, 1000) AS n";
    const rows = begin(await sourceOf(database, sql), new AbortController());
    await rows.next();
    await sleep(300);
    await assert.rejects(
      async () => {
        for (let step = await rows.next(); step.done !== true; step = await rows.next());
      },
      (error: Error & { code: string }) => {
        assert.equal(error.code, "SCSV_DATABASE_UNAVAILABLE");
        assert.match(error.message, /\(57P01\)$/);
        assert.match(String(error.cause), /terminating connection/);
        return true;
      },
    );
  },
);

test("ends a statement that takes longer than its time-out", { skip }, async () => {
  // A busy machine takes a tenth of a second to describe the query, which has the same limit.
  const own = await openDatabase({ statementTimeoutMs: 1000 });
  try {
    await assert.rejects(textOf(await sourceOf(own, sorting)), {
      code: "SCSV_QUERY_TIMEOUT",
      status: 504,
    });
  } finally {
    await own.close();
  }
});

test("says clearly what keeps it from a database, and never the password", { skip }, async () => {
  const { port } = server();
  const cases: readonly (readonly [url: string, code: string, message: RegExp])[] = [
    [`postgres://nobody:s3cret@127.0.0.1:${port}/postgres`, "SCSV_DATABASE_REFUSED", /28000|role/],
    [`postgres://test:s3cret@127.0.0.1:${port}/missing`, "SCSV_DATABASE_REFUSED", /3D000/],
    ["postgres://test:s3cret@127.0.0.1:1/postgres", "SCSV_DATABASE_UNAVAILABLE", /ECONNREFUSED/],
    [
      "postgres://test:s3cret@no.such.host.invalid/postgres",
      "SCSV_DATABASE_UNAVAILABLE",
      /ENOTFOUND|EAI_AGAIN/,
    ],
  ];
  for (const [url, code, message] of cases) {
    const own = await openDatabase({ url });
    try {
      await assert.rejects(describe(own, "SELECT 1 AS n"), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /s3cret/);
        return true;
      });
    } finally {
      await own.close();
    }
  }
});

test("sets roles and settings for the transaction alone", { skip }, async () => {
  server().run(`
    CREATE ROLE exporter; CREATE TABLE secret (tenant int4, v text);
    INSERT INTO secret VALUES (1, 'one'), (2, 'two');
    ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON secret USING (tenant = current_setting('app.tenant')::int4);
    GRANT SELECT ON secret TO exporter;
  `);
  const own = await openDatabase({ role: "exporter", connections: 1 });
  try {
    const query = await describe(own, "SELECT v, current_user AS who FROM secret");
    const bound = query.bind({ values: new Map(), version: "x", settings: new Map([["app.tenant", "2"]]) });
    assert.equal(await textOf(bound, { dialect: "unix", header: false }), "two,exporter\n");
    const bare = query.bind({ values: new Map(), version: "x" });
    await assert.rejects(textOf(bare), { code: "SCSV_QUERY_FAILED" });
  } finally {
    await own.close();
  }
});

test("what a query sets for its session isn't there for the next reading", { skip }, async () => {
  const own = await openDatabase({
    connections: 1,
    url: `${server().url}?options=-c%20work_mem%3D5MB`,
  });
  const read = async (sql: string): Promise<string> =>
    await textOf(await sourceOf(own, sql), { dialect: "unix", header: false });
  const now =
    "SELECT pg_backend_pid() AS pid, current_setting('app.tenant', true) AS tenant, current_setting('work_mem') AS memory";
  try {
    const earlier = await read(now);
    assert.equal(
      await read(
        "SELECT set_config('app.tenant', 'acme', false) AS a, set_config('work_mem', '6MB', false) AS b",
      ),
      "acme,6MB\n",
    );
    // A setting that was never set has no value, and is empty once it was.
    assert.equal(await read(now), earlier.replace(",,", ',"",'));
    const who = `SELECT current_user, session_user, (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')::int AS locks,
      (SELECT count(*) FROM pg_cursors WHERE is_holdable)::int AS cursors, (SELECT count(*) FROM pg_listening_channels())::int AS channels`;
    const asBefore = await read(who);
    server().run(`CREATE ROLE somebody;
      CREATE FUNCTION leave_open() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
        EXECUTE 'DECLARE open_cursor CURSOR WITH HOLD FOR SELECT generate_series(1, 10)';
        EXECUTE 'LISTEN invoices';
        RETURN true;
      END $$`);
    assert.equal(
      await read(
        "SELECT leave_open() AS o, set_config('role', 'somebody', false) AS a, set_config('session_authorization', 'somebody', false) AS b, pg_advisory_lock(42) IS NULL AS c",
      ),
      "true,somebody,somebody,false\n",
    );
    assert.equal(await read(who), asBefore);
  } finally {
    await own.close();
  }
});

test("fails at its end where a function has changed the encoding of its texts", { skip }, async () => {
  server().run(`CREATE FUNCTION to_latin() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
      PERFORM set_config('client_encoding', 'LATIN1', false);
      RETURN 'é';
    END $$;
    CREATE FUNCTION to_latin_and_back() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
      PERFORM to_latin();
      PERFORM set_config('client_encoding', 'UTF8', false);
      RETURN 'é';
    END $$`);
  await assert.rejects(textOf(await sourceOf(database, "SELECT to_latin() AS t")), {
    code: "SCSV_QUERY_FAILED",
    message:
      "A function of the query has set client_encoding to LATIN1, so the texts behind it aren't UTF-8.",
  });
  const restored = await sourceOf(database, "SELECT to_latin_and_back() AS t");
  assert.equal(await textOf(restored, { dialect: "unix" }), "t\né\n");
});

test("asks for PostgreSQL's own functions, whatever is named alike in front of them", { skip }, async () => {
  const names = ["current_setting(text)", "set_config(text, text, boolean)", "pg_advisory_unlock_all()"];
  const functions = [...names, "transaction_timestamp()"].map(
    (name) =>
      `CREATE FUNCTION lookalikes.${name} RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'a lookalike'; END $$;`,
  );
  server().run(`CREATE SCHEMA lookalikes; ${functions.join(" ")}
    CREATE TABLE lookalikes.pg_type (n int); CREATE TABLE lookalikes.pg_prepared_statements (n int);
    CREATE ROLE misled LOGIN SUPERUSER; ALTER ROLE misled SET search_path = lookalikes, pg_catalog`);
  const own = await openDatabase({ url: server().url.replace("test@", "misled@") });
  try {
    const source = await sourceOf(
      own,
      "SELECT '1.5'::money AS price, n FROM pg_type RIGHT JOIN (SELECT 1) AS s ON true",
    );
    assert.equal(await textOf(source, { dialect: "unix" }), "price,n\n$1.50,\n");
  } finally {
    await own.close();
  }
});

test("a statement that a function prepares isn't there for the next export", { skip }, async () => {
  server().run(`CREATE FUNCTION prepare_one() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE 'PREPARE one AS SELECT 1';
    RETURN (SELECT count(*) FROM pg_prepared_statements);
  END $$`);
  const own = await openDatabase({ connections: 1 });
  try {
    const source = await sourceOf(own, "SELECT prepare_one() AS n");
    for (let reading = 0; reading < 3; reading += 1)
      assert.equal(await textOf(source, { dialect: "unix", header: false }), "1\n");
  } finally {
    await own.close();
  }
});

for (const [role, level] of [
  ["repeating", "repeatable read"],
  ["strict", "serializable"],
] as const)
  test(
    `has all rows of a table rewritten while it waits, also for a role of level ${level}`,
    { skip },
    async () => {
      server().run(`CREATE TABLE of_${role} AS SELECT generate_series(1, 3) AS n;
      CREATE ROLE ${role} LOGIN SUPERUSER; ALTER ROLE ${role} SET default_transaction_isolation = '${level}'`);
      const own = await openDatabase({ url: server().url.replace("test@", `${role}@`) });
      const writer = new Client(server().url);
      await writer.connect();
      try {
        const source = await sourceOf(own, `SELECT n FROM of_${role} ORDER BY n`);
        await writer.query(`BEGIN; ALTER TABLE of_${role} ADD COLUMN place float8 DEFAULT random()`);
        const text = textOf(source, { dialect: "unix" });
        await until("it waits for the table", () => waiting() === 1);
        await writer.query("COMMIT");
        assert.equal(await text, "n\n1\n2\n3\n");
      } finally {
        await writer.end();
        await own.close();
      }
    },
  );

/** Sessions of this tool that wait for a lock. */
function waiting(): number {
  const sql =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND wait_event_type = 'Lock'";
  return Number(server().run(`COPY (${sql}) TO STDOUT`));
}

test(
  "a client may take the last rows for longer than its role may rest in a transaction",
  { skip },
  async () => {
    server().run(
      "CREATE ROLE restless LOGIN; ALTER ROLE restless SET idle_in_transaction_session_timeout = '300ms'",
    );
    const own = await openDatabase({ url: server().url.replace("test@", "restless@") });
    try {
      const source = await sourceOf(own, "SELECT repeat('x', 1000) AS t FROM generate_series(1, 300)");
      let rows = 0;
      for await (const { rowCount } of source.read({ signal: new AbortController().signal })) {
        rows += rowCount;
        await sleep(1000);
      }
      assert.equal(rows, 300);
    } finally {
      await own.close();
    }
  },
);

test("names the transfer in pg_stat_activity", { skip }, async () => {
  const source = await sourceOf(database, "SELECT current_setting('application_name') AS name");
  const { signal } = new AbortController();
  for await (const batch of source.read({ signal, label: "t-42" })) {
    const [column] = batch.columns;
    assert.equal(column?.kind, "utf8");
    if (column?.kind !== "utf8") return;
    const text = Buffer.from(column.bytes.subarray(column.starts[0], column.ends[0])).toString();
    assert.equal(text, "stream-csv t-42");
  }
});
