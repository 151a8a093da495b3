import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { StreamCsvError } from "../../../src/errors.ts";
import { connectionFault, databaseFault } from "../../../src/source/postgres/database-fault.ts";
import type { DatabaseSettings } from "../../../src/source/postgres/database-settings.ts";
import { PostgresDatabase, type DatabaseSession } from "../../../src/source/postgres/database.ts";
import { misfitFault } from "../../../src/source/postgres/misfit-fault.ts";
import { systemClock } from "../../../src/clock.ts";
import { openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

const password = "p/ss?w#rd@ %41";

before(() => {
  if (skip !== false) return;
  server().run(`
    CREATE ROLE guarded LOGIN PASSWORD '${password}';
    CREATE ROLE full_up LOGIN CONNECTION LIMIT 0;
    CREATE TABLE closed (n int);
    CREATE FUNCTION fail(state text) RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'the row 4711' USING ERRCODE = state; END $$;`);
  server().demandPassword("guarded");
});
after(stopServer);

function urlOf(user: string, secret = ""): string {
  return server().url.replace("test@", `${user}${secret === "" ? "" : `:${encodeURIComponent(secret)}`}@`);
}

/** The fault of a reading; neither its message nor its hint may have what the database says. */
async function faultOf(settings: Partial<DatabaseSettings>, sql: string): Promise<StreamCsvError> {
  const database = await openDatabase(settings);
  try {
    await textOf(await sourceOf(database, sql));
  } catch (error) {
    assert.ok(error instanceof StreamCsvError);
    return error;
  } finally {
    await database.close();
  }
  return assert.fail("nothing failed");
}

const states: readonly (readonly [string, number, string, RegExp, RegExp])[] = [
  ["53300", 503, "SCSV_DATABASE_UNAVAILABLE", /run out of connections/, /Try again/],
  [
    "40001",
    503,
    "SCSV_DATABASE_UNAVAILABLE",
    /because it conflicted with replication or another transaction\. \(40001\)$/,
    /raise max_standby_streaming_delay/,
  ],
  [
    "40P01",
    503,
    "SCSV_DATABASE_UNAVAILABLE",
    /because it conflicted with/,
    /^Try again after the seconds in Retry-After; the log/,
  ],
  [
    "08001",
    503,
    "SCSV_DATABASE_UNAVAILABLE",
    /a server that the query reads through it.*\(08001\)$/,
    /Try again/,
  ],
  ["55P03", 503, "SCSV_DATABASE_UNAVAILABLE", /locked by another transaction\. \(55P03\)$/, /Try again/],
  ["57P01", 503, "SCSV_DATABASE_UNAVAILABLE", /can't be reached, or is going down/, /Try again/],
  ["57P05", 503, "SCSV_DATABASE_UNAVAILABLE", /can't be reached, or is going down/, /Try again/],
  [
    "28P01",
    500,
    "SCSV_QUERY_FAILED",
    /failed in the database \(SQLSTATE 28P01\)\.$/,
    /Run the query by hand/,
  ],
  [
    "42501",
    500,
    "SCSV_QUERY_FAILED",
    /failed in the database \(SQLSTATE 42501\)\.$/,
    /Run the query by hand/,
  ],
];
for (const [state, status, code, message, hint] of states)
  test(`answers SQLSTATE ${state} in the middle of a query with ${status}`, { skip }, async () => {
    const raised = await faultOf({}, `SELECT fail('${state}') AS n`);
    const made = databaseFault(Object.assign(new Error("the row 4711"), { code: state }), "the export");
    for (const error of [raised, made]) {
      assert.equal(error.code, code);
      assert.equal(error.status, status);
      assert.match(error.message, message);
      assert.match(error.hint, hint);
      assert.doesNotMatch(`${error.message}${error.hint}`, /4711/);
      assert.equal((error.cause as Error).message, "the row 4711");
      assert.equal(error.retryAfterSeconds !== undefined, status === 503);
    }
  });

test("knows a statement that took too long in whatever language the server says so", { skip }, async () => {
  server().run(`CREATE FUNCTION dawdle(seconds float8) RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_sleep(seconds);
    RAISE query_canceled;
  EXCEPTION WHEN query_canceled THEN
    RAISE EXCEPTION 'storniere Anfrage' USING ERRCODE = '57014';
  END $$`);
  const late = await faultOf({ statementTimeoutMs: 300 }, "SELECT dawdle(60) AS n");
  assert.equal(late.code, "SCSV_QUERY_TIMEOUT");
  assert.equal(late.status, 504);
  for (const statementTimeoutMs of [0, 60_000]) {
    const stopped = await faultOf({ statementTimeoutMs }, "SELECT dawdle(0.01) AS n");
    assert.equal(stopped.code, "SCSV_DATABASE_UNAVAILABLE");
    assert.equal(stopped.status, 503);
  }
});

test(
  "a database whose encoding doesn't say what its bytes mean is refused in one sentence",
  { skip },
  async () => {
    server().run("CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    const error = await faultOf({ url: server().url.replace(/postgres$/, "plain") }, "SELECT 1 AS n");
    assert.equal(error.code, "SCSV_QUERY_FAILED");
    assert.match(
      error.message,
      /^The database has the encoding SQL_ASCII, [^.]* can't be written as UTF-8\.$/,
    );
    assert.equal(error.hint, "Make a copy of the database with the encoding UTF8.");
  },
);

test("a query that writes when it runs says that an export only reads", { skip }, async () => {
  server().run(`CREATE SEQUENCE numbers;
    CREATE FUNCTION locking() RETURNS SETOF name LANGUAGE sql AS 'SELECT relname FROM pg_class FOR SHARE'`);
  for (const sql of ["SELECT nextval('numbers') AS n", "SELECT * FROM locking() AS f(n)"]) {
    const error = await faultOf({}, sql);
    assert.equal(error.message, 'The query of "query" failed in the database (SQLSTATE 25006).');
    assert.match(error.hint, /^An export reads in a read-only transaction\. Leave out functions that write/);
  }
});

test("a query that locks rows is refused before it runs", { skip }, async () => {
  const database = await openDatabase();
  try {
    for (const sql of [
      "SELECT relname FROM pg_class FOR SHARE",
      "SELECT relname FROM pg_class WHERE relname = :name FOR UPDATE",
      "WITH t AS (SELECT relname FROM pg_class FOR NO KEY UPDATE SKIP LOCKED) SELECT * FROM t ORDER BY 1",
    ])
      await assert.rejects(sourceOf(database, sql, sql.includes(":name") ? { name: "x" } : {}), {
        code: "SCSV_QUERY_FAILED",
        message: 'The SQL of "query" can\'t be used: it locks rows.',
        hint: "An export reads in a read-only transaction. Leave out FOR UPDATE and FOR SHARE.",
      });
    const named =
      "SELECT 'LockRows  (cost=0)' AS \"LockRows\" FROM pg_class AS \"LockRows\" WHERE relname > 'LockRows'";
    assert.match(await textOf(await sourceOf(database, named)), /LockRows/);
  } finally {
    await database.close();
  }
});

test("a wrong password refuses the connection, and no message has it", { skip }, async () => {
  for (const [secret, says] of [
    ["canary", /password authentication failed for user "guarded"/],
    ["", /password/],
  ] as const) {
    const error = await faultOf({ url: urlOf("guarded", secret) }, "SELECT 1 AS n");
    assert.equal(error.code, "SCSV_DATABASE_REFUSED");
    assert.equal(error.status, 500);
    assert.match((error.cause as Error).message, says);
    assert.doesNotMatch(`${error.stack}${(error.cause as Error).stack}`, /canary/);
  }
});

test("a password of any characters opens the connection", { skip }, async () => {
  const database = await PostgresDatabase.open({ url: urlOf("guarded", password) }, systemClock);
  const source = await sourceOf(database, "SELECT current_user AS name");
  assert.equal(await textOf(source, { dialect: "unix", header: false }), "guarded\n");
  await database.close();
});

test(
  "a query that loses its rights fails when it runs, with the table's name only in the cause",
  { skip },
  async () => {
    const unable = await faultOf({ url: urlOf("guarded", password) }, "TABLE closed");
    assert.match(unable.message, /^The SQL of "query" can't be used: permission denied for table closed/);
    server().run("GRANT SELECT ON closed TO guarded");
    const database = await openDatabase({ url: urlOf("guarded", password) });
    const source = await sourceOf(database, "TABLE closed");
    server().run("REVOKE SELECT ON closed FROM guarded");
    const error = await textOf(source).then(
      () => assert.fail("it was read"),
      (fault: unknown) => fault as StreamCsvError,
    );
    await database.close();
    assert.equal(error.code, "SCSV_QUERY_FAILED");
    assert.equal(error.status, 500);
    assert.equal(error.message, 'The query of "query" failed in the database (SQLSTATE 42501).');
    assert.match((error.cause as Error).message, /permission denied for table closed/);
  },
);

const correct = /^Correct the SQL/;
const write = /^It must be one SELECT, VALUES, TABLE or WITH statement/;
const refusals: readonly (readonly [what: string, sql: string, message: RegExp, hint: RegExp])[] = [
  ["is empty", "-- nothing\n", /can't be used\. The SQL has no statement\. Write one SELECT/, correct],
  ["ends too early", "SELECT 1 AS n\nWHERE", /: its end is missing \(SQLSTATE 42601\)\.$/, write],
  [
    "leaves a bracket open",
    "SELECT\n(1 AS n",
    /has no end for what begins with "\(1 AS n" in line 2\. Close it\.$/,
    correct,
  ],
  [
    "closes a bracket too many",
    "SELECT ')' AS \")\" /* ) */\n) AS q, (SELECT 2",
    /has a "\)" in line 2 for which no "\(" is open\. Take it out\.$/,
    correct,
  ],
  [
    "has a second statement",
    "SELECT 1; SELECT 2",
    /: syntax error at or near ";" \(SQLSTATE 42601\)\.$/,
    write,
  ],
  [
    "is misspelt in a later line",
    "SELECT '日本 🚀' AS t,\n  :p::int4 AS n\nFORM closed",
    /: syntax error at or near "FORM", in its line 3 \(SQLSTATE 42601\)\.$/,
    write,
  ],
  [
    "names a column that another one resembles",
    "SELECT\n  nn\nFROM (SELECT 1 AS nnn) AS s",
    /: column "nn" does not exist, in its line 2 \(SQLSTATE 42703\)\.$/,
    /^Perhaps you meant to reference the column "s\.nnn"\.$/,
  ],
  [
    "calls a function with other types",
    "SELECT left('a', 'b'::text)",
    /: function left\(unknown, text\) does not exist \(SQLSTATE 42883\)\.$/,
    /You might need to add explicit type casts\.$/,
  ],
  [
    "is built right, and means nothing",
    "SELECT 1 UNION SELECT 1, 2",
    /: each UNION query must have the same number of columns \(SQLSTATE 42601\)\.$/,
    /^Correct it, or what it reads/,
  ],
  [
    "names two columns alike",
    "SELECT 1, 2",
    /gives two columns named "\?column\?"\.$/,
    /with AS, as in: SELECT /,
  ],
  ["has no column", "SELECT", /gives no columns\.$/, /^Name at least one/],
];
for (const [what, sql, message, hint] of refusals)
  test(`says where and why a query is refused that ${what}`, { skip }, async () => {
    const database = await openDatabase();
    try {
      await assert.rejects(
        sourceOf(database, sql, sql.includes(":p") ? { p: "1" } : {}),
        (error: unknown) => {
          assert.ok(error instanceof StreamCsvError);
          assert.equal(error.code, "SCSV_QUERY_FAILED");
          assert.match(error.message, message);
          assert.match(error.hint ?? "", hint);
          return true;
        },
      );
    } finally {
      await database.close();
    }
  });

test("a role with too many connections is busy, and may try again", { skip }, async () => {
  const error = await faultOf({ url: urlOf("full_up") }, "SELECT 1 AS n");
  assert.equal(error.code, "SCSV_DATABASE_UNAVAILABLE");
  assert.equal(error.status, 503);
  assert.match(error.message, /run out of connections.* \(53300\)$/);
  assert.equal(error.retryAfterSeconds, 10);
});

test("says that a connection is refused for every reason that isn't a shortage", () => {
  for (const state of ["28P01", "28000", "3D000"]) {
    const error = connectionFault(Object.assign(new Error("no"), { code: state }));
    assert.equal(error.code, "SCSV_DATABASE_REFUSED");
    assert.equal(error.message, `No connection to the database can be made. (${state})`);
  }
});

test("without pg, says what to install", async () => {
  const absent = (): Promise<never> => Promise.reject(new Error("Cannot find package 'pg'"));
  await assert.rejects(PostgresDatabase.open({ url: "postgres://a@b/c" }, systemClock, absent), {
    code: "SCSV_POSTGRES_MISSING",
    message: /needs the package "pg", which can't be loaded/,
    hint: "Run: npm install pg",
  });
});

test(
  "gives a changed column a hint for queries, and the next reading has the new one",
  { skip },
  async () => {
    server().run("CREATE TABLE moving (a int); INSERT INTO moving VALUES (7)");
    const database = await openDatabase();
    const source = await sourceOf(database, "TABLE moving");
    server().run("ALTER TABLE moving ALTER a TYPE text");
    await assert.rejects(textOf(source), {
      code: "SCSV_SOURCE_CHANGED",
      hint: "Try again: the next export has the new columns.",
    });
    await database.close();
  },
);

test(
  "a query that fails isn't the fault of a parameter that the server's context lists",
  { skip },
  async () => {
    const url = `${server().url}?options=-c%20log_parameter_max_length_on_error%3D100`;
    const database = await openDatabase({ url });
    try {
      const failing = await sourceOf(database, "SELECT 1 / (:x::int - 7) AS n", { x: "7" });
      await assert.rejects(textOf(failing), { code: "SCSV_QUERY_FAILED" });
      const refused = await sourceOf(database, "SELECT :x::int AS n", { x: "seven" });
      await assert.rejects(textOf(refused), { code: "SCSV_BAD_PARAMETER", parameter: "x" });
    } finally {
      await database.close();
    }
  },
);

test("a row whose text holds a parameter's number isn't the fault of that parameter", { skip }, async () => {
  server().run(`CREATE TABLE prices (v text); INSERT INTO prices VALUES ('{"$1": bad}')`);
  const database = await openDatabase();
  try {
    const failing = await sourceOf(database, "SELECT v::json->>'a' AS a FROM prices WHERE v <> :x", {
      x: "7",
    });
    await assert.rejects(textOf(failing), (error: StreamCsvError) => {
      assert.match((error.cause as Error & { where: string }).where, /"\$1/);
      return error.code === "SCSV_QUERY_FAILED";
    });
  } finally {
    await database.close();
  }
});

test("a value that isn't the JSON it is taken for is the fault of its parameter", { skip }, async () => {
  for (const options of ["", "?options=-c%20log_parameter_max_length_on_error%3D100"]) {
    const database = await openDatabase({ url: `${server().url}${options}` });
    try {
      for (const y of ["{bad", '{"$1": bad', '{\n"$1":\n$1 bad']) {
        const source = await sourceOf(database, "SELECT :x::int AS x, :y::jsonb AS y", { x: "1", y });
        await assert.rejects(textOf(source), { code: "SCSV_BAD_PARAMETER", parameter: "y", status: 400 });
      }
    } finally {
      await database.close();
    }
  }
});

test(
  "a value that its type refuses is the fault of its parameter, whatever the type states",
  { skip },
  async () => {
    server().run(`CREATE FUNCTION is_good(v text) RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN IF v = 'bad' THEN RAISE EXCEPTION 'not this one'; END IF; RETURN true; END $$;
    CREATE DOMAIN good AS text CHECK (is_good(value))`);
    const database = await openDatabase();
    try {
      for (const [condition, y] of [
        ["'one two'::tsvector @@ :y", "one two"],
        ["'{}'::jsonb @? :y", "$["],
        [":y::regclass = 0", "nonesuch"],
        [":y::good = 'x'", "bad"],
      ] as const) {
        const source = await sourceOf(database, `SELECT 1 AS n WHERE :x::int = 1 AND ${condition}`, {
          x: "1",
          y,
        });
        const refusal = { code: "SCSV_BAD_PARAMETER", parameter: "y", status: 400 };
        await assert.rejects(textOf(source), refusal, condition);
      }
    } finally {
      await database.close();
    }
  },
);

test("finds the value that can't be taken where the server doesn't say whose it is", { skip }, async () => {
  const database = await openDatabase();
  const session = await database.connect(new AbortController().signal);
  const parameters = ["a", "b", "c"];
  const text = "SELECT 1 / ($1::int - 7) AS x, $2::int AS b, $3::jsonb AS c";
  const cases: readonly (readonly [
    state: string,
    values: readonly (string | null)[],
    found: string | undefined,
  ])[] = [
    ["22P02", ["1", "zz", "{"], "b"],
    ["22P02", ["x", "2", "{}"], "a"],
    ["22P02", ["1", "2", "{"], "c"],
    ["22P02", [null, "zz", null], "b"],
    ["22P02", ["1", "2", "{}"], undefined],
    // It is planning that divides.
    ["22012", ["7", "2", "{}"], undefined],
    ["22012", ["7", "zz", "{}"], undefined],
  ];
  try {
    for (const [code, values, found] of cases) {
      const statement = { text, parameters, parameterTypes: [0, 0, 0], values, settings: undefined };
      const error = Object.assign(new Error("no"), { code });
      const fault = await misfitFault(database, session, statement, error);
      assert.equal(fault?.parameter, found, values.join());
    }
  } finally {
    await session.cancel();
    await database.close();
  }
});

test("asks nothing of the server about values where there are none", async () => {
  const client = { query: () => assert.fail("a statement was run") };
  const session = { client } as unknown as DatabaseSession;
  const error = Object.assign(new Error("no"), { code: "42501" });
  const database = await PostgresDatabase.open({ url: "postgres://u@127.0.0.1:1/d" }, systemClock);
  for (const values of [[], [null]]) {
    const parameters = values.map(() => "a");
    const statement = { text: "SELECT 1", parameters, parameterTypes: [], values, settings: undefined };
    assert.equal(await misfitFault(database, session, statement, error), undefined);
  }
  await database.close();
});

test("a full database says what to raise, and it isn't the slots of the server", { skip }, async () => {
  const database = await openDatabase({ connections: 1, queue: 0 });
  const session = await database.connect(new AbortController().signal);
  await assert.rejects(database.connect(new AbortController().signal), {
    code: "SCSV_BUSY",
    hint: "Try again after the seconds in Retry-After, or raise connections of the database in the configuration.",
  });
  session.release();
  await database.close();
});
