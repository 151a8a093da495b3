import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { statsOf, transferWhen } from "../harness/ask.ts";
import { cancelJob, jobWhen, submit } from "../harness/jobs.ts";
import { bearer } from "../harness/access-server.ts";
import { JwtIssuer } from "../harness/jwt-issuer.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { startPostgres, type PostgresServer } from "../../dev/postgres-server.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const started = startPostgres(["max_connections=40"]);
const skip = typeof started === "string" ? started : false;

let folder = "";
let server: ServeProcess;

const password = "not-to-be-seen";
const tables = `
CREATE ROLE reporter LOGIN PASSWORD '${password}';
CREATE ROLE tenants;
CREATE TYPE state AS ENUM ('open', 'paid', 'void');
CREATE TABLE invoice (id int PRIMARY KEY, customer int, total numeric(10,2), due date, state state, memo text);
INSERT INTO invoice SELECT n, n % 10, n * 1.25, date '2024-01-01' + n % 900, (array['open','paid','void'])[1 + n % 3]::state,
  CASE WHEN n % 5 = 0 THEN NULL ELSE 'memo, ' || n END FROM generate_series(1, 50000) AS n;
CREATE TABLE tenant_row (tenant text, n int);
INSERT INTO tenant_row VALUES ('acme', 1), ('acme', 2), ('other', 3);
ALTER TABLE tenant_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenant_row USING (tenant = current_setting('app.tenant', true));
GRANT SELECT ON ALL TABLES IN SCHEMA public TO reporter, tenants;
GRANT tenants TO reporter;
CREATE TABLE changing (a int);
INSERT INTO changing VALUES (1);
GRANT SELECT ON changing TO reporter;
CREATE SCHEMA apart;
CREATE TABLE apart.shelf (n int);
INSERT INTO apart.shelf VALUES (4);
GRANT USAGE ON SCHEMA apart TO reporter;
GRANT SELECT ON apart.shelf TO reporter;`;

const configuration = (url: string) => ({
  databases: {
    shop: { url, connections: 4, statementTimeout: "20s" },
    small: { url, connections: 1 },
    hasty: { url, statementTimeout: "300ms" },
    tenants: { url, role: "tenants" },
  },
  server: { queueTimeout: "500ms" },
  exports: {
    invoices: {
      database: "shop",
      sql: `SELECT id, total, due, state, memo FROM invoice
        WHERE customer = :customer AND due >= :since AND state = ANY(:state) ORDER BY id -- :not a parameter`,
      description: "Invoices of one customer",
      parameters: {
        customer: { type: "integer" },
        since: { type: "date", default: "2024-01-01" },
        state: { type: "text", list: true, default: ["open", "paid", "void"] },
      },
      version: "SELECT max(id), count(*) FROM invoice WHERE customer = :customer",
    },
    echo: {
      database: "shop",
      sql: "SELECT :text::text AS text, :maybe::bigint AS maybe",
      parameters: { text: { type: "text" }, maybe: { type: "integer", optional: true } },
    },
    all: { database: "shop", sql: "TABLE invoice", freshness: "1h" },
    endless: {
      database: "small",
      sql: "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s",
    },
    sorting: {
      database: "shop",
      sql: "SELECT n FROM generate_series(1, 30000000) AS n ORDER BY md5(n::text)",
    },
    late: { database: "hasty", sql: "SELECT n FROM generate_series(1, 30000000) AS n ORDER BY md5(n::text)" },
    breaking: { database: "shop", sql: "SELECT n, 1 / (n - 40000) AS q FROM generate_series(1, 50000) AS n" },
    broken: { database: "shop", sql: "SELECT 'secret-' || id AS s, 1 / (id - id) AS q FROM invoice" },
    tenant: {
      database: "tenants",
      sql: "SELECT n FROM tenant_row ORDER BY n",
      parameters: { tenant: { type: "text" } },
      settings: { "app.tenant": ":tenant" },
    },
    changing: { database: "shop", sql: "SELECT * FROM changing" },
    apart: {
      database: "shop",
      sql: "SELECT n FROM shelf",
      settings: { search_path: "apart" },
      version: "SELECT max(n) FROM shelf",
    },
    chosen: {
      database: "shop",
      sql: "SELECT n FROM shelf",
      parameters: { schema: { type: "text", oneOf: ["apart", "public"], default: "apart" } },
      settings: { search_path: ":schema" },
    },
    placed: {
      database: "shop",
      sql: "SELECT current_setting('TimeZone') AS zone, current_setting('search_path') AS path",
      parameters: { zone: { type: "text" }, path: { type: "text", default: "public" } },
      settings: { search_path: ":path", TimeZone: ":zone" },
    },
    streamed: { database: "shop", sql: "SELECT 1 AS one;\n", deliveries: ["streaming"] },
    whole: { database: "shop", sql: "SELECT 1 AS one -- One;\n", deliveries: ["buffered", "file"] },
  },
});

before(async () => {
  if (typeof started === "string") return;
  started.run(tables);
  folder = await mkdtemp(join(tmpdir(), "stream-csv-queries-"));
  const url = started.url.replace("test@", `reporter:${password}@`);
  await writeFile(join(folder, "stream-csv.json"), JSON.stringify(configuration("env:SHOP_URL")));
  server = await startServe([], { cwd: folder, env: { SHOP_URL: url } });
});
after(async () => {
  if (typeof started === "string") return;
  await server[Symbol.asyncDispose]();
  started.stop();
  await rm(folder, { recursive: true, force: true });
});

function postgres(): PostgresServer {
  if (typeof started === "string") throw new Error(started);
  return started;
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(`${server.url}/exports/${path}`, { headers });
}

async function problem(
  path: string,
): Promise<{ readonly status: number; readonly code: string; readonly detail: string }> {
  const answer = await ask(path);
  const { code, detail } = (await answer.json()) as { code: string; detail: string };
  return { status: answer.status, code, detail };
}

/** Queries of exports that run, by what their sessions are called. */
function running(): number {
  return Number(
    postgres().run(
      "COPY (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND state <> 'idle') TO STDOUT",
    ),
  );
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isTrue(); await sleep(50))
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
}

for (const delivery of ["streaming", "buffered", "file"]) {
  test(`a ${delivery} body has the bytes of COPY`, { skip }, async () => {
    const sql =
      "SELECT id, total, due, state, memo FROM invoice WHERE customer = 7 AND due >= '2025-01-01' ORDER BY id";
    const expected = postgres().run(`COPY (${sql}) TO STDOUT WITH (FORMAT csv, HEADER)`);
    const answer = await ask(
      `invoices.csv?customer=7&since=2025-01-01&dialect=postgres&delivery=${delivery}`,
    );
    assert.equal(answer.status, 200);
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), expected);
  });
}

test("the list of exports tells columns and parameters", { skip }, async () => {
  const { exports } = (await (await fetch(`${server.url}/exports`)).json()) as {
    exports: { name: string; description: string; source: string; columns: unknown; parameters: unknown }[];
  };
  const { description, source, columns, parameters } = exports.find(({ name }) => name === "invoices") ?? {};
  assert.equal(description, "Invoices of one customer");
  assert.equal(source, "postgres");
  assert.deepEqual(columns, [
    { name: "id", type: "integer" },
    { name: "total", type: "decimal(10,2)" },
    { name: "due", type: "date" },
    { name: "state", type: "text" },
    { name: "memo", type: "text" },
  ]);
  const common = { description: null, default: null, optional: false, oneOf: null, list: false };
  assert.deepEqual(parameters, [
    { ...common, name: "customer", type: "integer" },
    { ...common, name: "since", type: "date", default: "2024-01-01" },
    { ...common, name: "state", type: "text", default: ["open", "paid", "void"], list: true },
  ]);
});

test("rows limits the query, and columns prunes it", { skip }, async () => {
  const answer = await ask("invoices.csv?customer=7&columns=memo,id&rows=2");
  assert.equal(await answer.text(), 'memo,id\r\n"memo, 7",7\r\n"memo, 17",17\r\n');
  assert.match(
    (await problem("invoices.csv?customer=7&columns=customer")).detail,
    /has no column "customer"/,
  );
});

const hostile = [
  "'; DROP TABLE invoice; --",
  "\\'",
  '"',
  "{a,b}",
  "NULL",
  "",
  "ü\u{1F600}",
  "=1+1",
  "$1",
  ":customer",
];
for (const text of hostile) {
  test(`the text ${JSON.stringify(text)} is bound, never a part of the SQL`, { skip }, async () => {
    const answer = await ask(`echo.csv?text=${encodeURIComponent(text)}&quoting=all&header=false`);
    assert.equal(await answer.text(), `"${text.replaceAll('"', '""')}",\r\n`);
  });
}

test("a list is bound as an array, repeated or as one CSV row", { skip }, async () => {
  const repeated = await (
    await ask("invoices.csv?customer=7&state=open&state=void&columns=id&header=false")
  ).text();
  const row = await (await ask("invoices.csv?customer=7&state=open,void&columns=id&header=false")).text();
  assert.equal(repeated, row);
  assert.equal(
    row.split("\r\n").length - 1,
    Number(
      postgres().run("COPY (SELECT count(*) FROM invoice WHERE customer = 7 AND state <> 'paid') TO STDOUT"),
    ),
  );
});

const refused: readonly (readonly [string, RegExp])[] = [
  ["invoices.csv", /Parameter "customer" is missing; it takes a whole number/],
  ["invoices.csv?customer=7.5", /Parameter "customer": "7\.5" is not a whole number/],
  ["invoices.csv?customer=7&customer=8", /Parameter "customer": it is given twice, the second time as "8"/],
  ["invoices.csv?customer=7&since=2025-02-30", /Parameter "since": "2025-02-30" is not a day/],
  [
    "invoices.csv?customer=7&state=open,gone",
    /Parameter "state": its type in the database doesn't allow this value \(SQLSTATE 22P02\)\./,
  ],
  [
    "invoices.csv?customer=7&state=gone&delivery=file",
    /Parameter "state": its type in the database doesn't allow this value \(SQLSTATE 22P02\)\./,
  ],
  ["invoices.csv?customer=7&state=open,%22paid", /Parameter "state": "open,\\"paid" is not a list/],
  [
    "invoices.csv?customer=7&color=red",
    /Unknown parameter "color" with value "red"; it takes customer, since, state, delivery/,
  ],
  ["invoices.csv?customer=7&seed=1", /Parameter "seed": "1" has no use here/],
  [
    "streamed.csv?delivery=file",
    /Parameter "delivery": "streamed" is not delivered as "file"\. Use one of streaming\./,
  ],
];
for (const [path, message] of refused) {
  test(`GET ${path} is a 400 that says what is allowed`, { skip }, async () => {
    const { status, code, detail } = await problem(path);
    assert.equal(status, 400);
    assert.equal(code, "SCSV_BAD_PARAMETER");
    assert.match(detail, message);
  });
}

test(
  "an export that isn't streamed is asked for without a delivery, and written by the command",
  { skip },
  async () => {
    const answer = await ask("whole.csv");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-length"), "8");
    assert.equal(await answer.text(), "one\r\n1\r\n");
    assert.match((await problem("whole.csv?delivery=streaming")).detail, /Use one of buffered, file\./);
    const written = await runCli(["export", "whole"], { cwd: folder, env: { SHOP_URL: postgres().url } });
    assert.equal(written.stdout, "one\r\n1\r\n");
  },
);

test("equal versions give one ETag, and a 304 without running the query", { skip }, async () => {
  const path = "invoices.csv?customer=3&delivery=file";
  const first = await ask(path);
  const etag = first.headers.get("etag") ?? "";
  await first.arrayBuffer();
  const again = await ask(path, { "If-None-Match": etag });
  assert.equal(again.status, 304);
  assert.equal(again.headers.get("x-transfer-id"), null);
  postgres().run("INSERT INTO invoice VALUES (60003, 3, 1, '2024-05-05', 'open', NULL)");
  const changed = await ask(path, { "If-None-Match": etag });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("etag"), etag);
  assert.match(await changed.text(), /60003,1\.00/);
  postgres().run("DELETE FROM invoice WHERE id = 60003");
});

test("within its freshness an export is prepared once", { skip }, async () => {
  const path = "all.csv?delivery=file&columns=id";
  const first = await (await ask(path)).text();
  postgres().run("INSERT INTO invoice VALUES (60001, 1, 1, '2024-05-05', 'open', NULL)");
  assert.equal(await (await ask(path)).text(), first);
  postgres().run("DELETE FROM invoice WHERE id = 60001");
});

test("a file that was prepared before the SQL changed is not of this SQL", { skip }, async () => {
  const databases = { shop: { url: postgres().url } };
  const exportOf = async (sql: string): Promise<Response> => {
    const exports = { one: { database: "shop", sql, version: "SELECT 1" } };
    await writeFile(join(folder, "kept.json"), JSON.stringify({ databases, exports }));
    await using own = await startServe(["--config", "kept.json", "--spool-dir", "kept"], { cwd: folder });
    return await fetch(`${own.url}/exports/one.csv?delivery=file`).then(
      async (answer) => new Response(await answer.text(), answer),
    );
  };
  const first = await exportOf("SELECT 'before' AS word");
  assert.equal(await first.text(), "word\r\nbefore\r\n");
  const second = await exportOf("SELECT 'after' AS word");
  assert.equal(await second.text(), "word\r\nafter\r\n");
  assert.notEqual(second.headers.get("etag"), first.headers.get("etag"));
});

test("row security sees the role and the settings of the transaction", { skip }, async () => {
  assert.equal(await (await ask("tenant.csv?tenant=acme")).text(), "n\r\n1\r\n2\r\n");
  assert.equal(await (await ask("tenant.csv?tenant=nobody")).text(), "n\r\n");
});

test("a value that a setting doesn't allow is a 400 that names its parameter", { skip }, async () => {
  const good = await ask("placed.csv?zone=Asia/Tokyo&path=apart");
  assert.equal(await good.text(), "zone,path\r\nAsia/Tokyo,apart\r\n");
  for (const [query, parameter, setting] of [
    ["zone=Nowhere", "zone", "TimeZone"],
    ["zone=UTC&path=a,,b", "path", "search_path"],
  ] as const) {
    const wrong = await ask(`placed.csv?${query}`);
    const { code, detail } = (await wrong.json()) as { readonly code: string; readonly detail: string };
    assert.equal(wrong.status, 400);
    assert.equal(code, "SCSV_BAD_PARAMETER");
    assert.equal(
      detail,
      `Parameter "${parameter}": the setting "${setting}" of the database doesn't allow this value (SQLSTATE 22023).`,
    );
  }
});

test("a query is described with the settings of its transaction", { skip }, async () => {
  for (const name of ["apart", "chosen"]) {
    assert.equal(await (await ask(`${name}.csv`)).text(), "n\r\n4\r\n");
    assert.equal(await (await ask(`${name}.csv?delivery=file`)).text(), "n\r\n4\r\n");
  }
});

test("row security sees the claim of a JWT, which the client can't replace", { skip }, async () => {
  await using issuer = await JwtIssuer.start();
  const auth = {
    jwt: { ...issuer.settings, exports: ["tenant"], parameters: { tenant: "claims.tenant_id" } },
  };
  const url = postgres().url.replace("test@", `reporter:${password}@`);
  const { databases, exports } = configuration(url);
  const own = { databases: { tenants: databases.tenants }, exports: { tenant: exports.tenant }, auth };
  await writeFile(join(folder, "jwt.json"), JSON.stringify(own));
  await using guarded = await startServe(["--config", "jwt.json"], { cwd: folder });
  const rowsOf = async (claims: object, query = ""): Promise<Response> =>
    await fetch(
      `${guarded.url}/exports/tenant.csv${query}`,
      bearer(await issuer.sign({ claims: { ...claims } })),
    );
  assert.equal(await (await rowsOf({ tenant_id: "acme" })).text(), "n\r\n1\r\n2\r\n");
  assert.equal(await (await rowsOf({ tenant_id: "other" })).text(), "n\r\n3\r\n");
  assert.equal((await rowsOf({ tenant_id: "acme" }, "?tenant=other")).status, 403);
  assert.equal((await rowsOf({})).status, 403);
  assert.equal((await fetch(`${guarded.url}/exports/tenant.csv?tenant=acme`)).status, 401);
});

test("a client that leaves, or DELETE, ends the query in the database", { skip }, async () => {
  for (const name of ["endless", "sorting"]) {
    const { socket } = await connectTo(server.url, get(`/exports/${name}.csv`));
    await until("the query runs", () => running() === 1);
    socket.destroy();
    await until("the query of a client that left is over", () => running() === 0);
  }
  const answer = await ask("endless.csv");
  const id = answer.headers.get("x-transfer-id");
  assert.equal((await fetch(`${server.url}/transfers/${id}`, { method: "DELETE" })).status, 202);
  await assert.rejects(answer.arrayBuffer());
  await until("the cancelled query is over", () => running() === 0);
  assert.equal((await transferWhen(server, id)).state, "cancelled");
});

test("a stalled reader holds a connection; others get a 503 when none comes free", { skip }, async () => {
  const stalled = await connectTo(server.url, get("/exports/endless.csv"));
  await until("the query runs", () => running() === 1);
  const answer = await ask("endless.csv");
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get("retry-after")) >= 1);
  const { total } = await statsOf(server);
  assert.equal(total.busyDatabaseConnections, 1);
  stalled.socket.destroy();
  await until("the query is over", () => running() === 0);
});

/** What `/metrics` says of the connections of all workers, by the names of the samples without their prefix. */
async function databaseMetrics(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const samples = text.matchAll(/^stream_csv_worker_database_(\w+)\{[^}]*\} (\S+)$/gm);
  const sums = new Map<string, number>();
  for (const [, name = "", value] of samples) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  return sums;
}

test("/metrics and /stats tell of connections that are held and waited for", { skip }, async () => {
  const earlier = await databaseMetrics();
  const stalled = await connectTo(server.url, get("/exports/endless.csv"));
  await until("the query runs", () => running() === 1);
  const waiting = ask("endless.csv");
  let total = (await statsOf(server)).total;
  while (total.queuedForDatabase === 0) {
    await sleep(10);
    total = (await statsOf(server)).total;
  }
  assert.equal((await waiting).status, 503);
  const during = await databaseMetrics();
  assert.deepEqual([...during.keys()].toSorted(), [
    "busy_connections",
    "connections",
    "held_seconds_total",
    "queued_exports",
    "wait_seconds_total",
  ]);
  assert.equal(during.get("busy_connections"), 1);
  assert.ok((during.get("connections") ?? 0) >= 1);
  assert.equal(during.get("connections"), total.databaseConnections);
  for (const name of ["held_seconds_total", "wait_seconds_total"])
    assert.ok((during.get(name) ?? 0) > (earlier.get(name) ?? 0), name);
  stalled.socket.destroy();
  await until("the query is over", () => running() === 0);
  const later = (await statsOf(server)).total;
  assert.ok(later.databaseHeldSeconds >= (during.get("held_seconds_total") ?? 0));
  assert.ok(later.databaseWaitSeconds >= (during.get("wait_seconds_total") ?? 0));
});

test("a host that says nothing is a 503 within the queue's time-out", { skip }, async () => {
  // The server's queueTimeout is 500 ms; the message tells how long connecting was tried.
  const host = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => void host.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = host.address() as AddressInfo;
    const file = join(folder, "silent.json");
    const databases = { shop: { url: `postgres://u:${password}@127.0.0.1:${port}/d` } };
    const exports = { a: { database: "shop", sql: "SELECT 1 AS n" } };
    await writeFile(file, JSON.stringify({ server: { queueTimeout: "500ms" }, databases, exports }));
    await using silent = await startServe(["--config", file, "--skip-unreadable"]);
    const answer = await fetch(`${silent.url}/exports/a.csv`);
    assert.equal(answer.status, 503);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    assert.match(silent.stderr(), /No connection was made within [45]\d\d ms/);
    assert.doesNotMatch(silent.stderr(), new RegExp(password));
  } finally {
    host.close();
  }
});

test("a time-out of the statement is a 504", { skip }, async () => {
  const { status, code } = await problem("late.csv");
  assert.deepEqual([status, code], [504, "SCSV_QUERY_TIMEOUT"]);
});

test("an error in the middle of the rows cuts the body", { skip }, async () => {
  const answer = await ask("breaking.csv");
  assert.equal(answer.status, 200);
  await assert.rejects(answer.arrayBuffer());
  const transfer = await transferWhen(server, answer.headers.get("x-transfer-id"));
  assert.equal(transfer.state, "failed");
  assert.equal(transfer.error?.code, "SCSV_QUERY_FAILED");
  assert.match(transfer.error.message, /SQLSTATE 22012/);
});

test(
  "an error before the first row is a status, without SQL, values and the database's words",
  { skip },
  async () => {
    const answer = await ask("broken.csv");
    const text = await answer.text();
    assert.equal(answer.status, 500);
    assert.doesNotMatch(text, /SELECT|secret|division/);
    const line = await server.logged(({ export: name, state }) => name === "broken" && state === "failed");
    assert.match(JSON.stringify(line), /division by zero/);
  },
);

test("columns that change are described anew", { skip }, async () => {
  assert.equal(await (await ask("changing.csv")).text(), "a\r\n1\r\n");
  postgres().run("ALTER TABLE changing ADD COLUMN b text DEFAULT 'new'");
  const once = await ask("changing.csv");
  assert.equal(once.status, 503);
  assert.equal(((await once.json()) as { code: string }).code, "SCSV_SOURCE_CHANGED");
  assert.equal(await (await ask("changing.csv")).text(), "a,b\r\n1,new\r\n");
});

test(
  "the log line of a transfer tells what it cost the database, and no line holds the password",
  { skip },
  async () => {
    await (await ask("all.csv?rows=10")).arrayBuffer();
    const line = await server.logged(({ export: name, rows }) => name === "all" && rows === 10);
    assert.ok(Number(line["connectionHeldMs"]) > 0);
    assert.equal(line["connectionWaitMs"], 0);
    assert.doesNotMatch(server.stderr(), new RegExp(password));
  },
);

test("stream-csv export takes the same parameters by --param", { skip }, async () => {
  const env = { SHOP_URL: postgres().url };
  const good = await runCliInTurn(
    ["export", "invoices", "--param", "customer=7", "--param", "state=open", "--rows", "1"],
    { cwd: folder, env },
  );
  assert.equal(good.stdout, 'id,total,due,state,memo\r\n27,33.75,2024-01-28,open,"memo, 27"\r\n');
  const bad = await runCliInTurn(["export", "invoices", "--param", "customer=x"], { cwd: folder, env });
  assert.equal(bad.exitCode, 1);
  assert.match(bad.stderr, /--param customer: "x" is not a whole number/);
  const unknown = await runCliInTurn(["export", "invoices", "--param", "rows=1"], { cwd: folder, env });
  assert.match(unknown.stderr, /--param rows=1: "invoices" declares the parameters customer, since, state\./);
});

const badQueries: readonly (readonly [string, string, object, RegExp])[] = [
  [
    "a second statement",
    "SELECT 1 AS a; DROP TABLE invoice",
    {},
    /The SQL of "bad" can't be used: .*syntax error/,
  ],
  ["a statement that writes", "DELETE FROM invoice RETURNING id", {}, /The SQL of "bad" can't be used/],
  ["two columns of one name", "SELECT 1 AS a, 2 AS a", {}, /gives two columns named "a"/],
  ["an undeclared parameter", "SELECT :x::int AS a", {}, /has the parameter ":x", which isn't declared/],
  [
    "a parameter that nothing uses",
    "SELECT 1 AS a",
    { x: { type: "text" } },
    /declares the parameter "x", which its SQL doesn't use/,
  ],
  [
    "a parameter with a taken name",
    "SELECT :rows::int AS a",
    { rows: { type: "integer" } },
    /every export has a parameter of this name already/,
  ],
  [
    "a default of another type",
    "SELECT :x::int AS a",
    { x: { type: "integer", default: "many" } },
    /"many" is not a whole number/,
  ],
  [
    "one value that the SQL takes as a list",
    "SELECT 1 AS a WHERE 'x' = ANY(:x)",
    { x: { type: "text" } },
    /takes ":x" as a list, and it is declared as one value\.\s+Declare it as a list: x: \{ type: text, list: true \}/,
  ],
  [
    "a list that the SQL takes as one value",
    "SELECT 1 AS a WHERE 'x' IN (:x)",
    { x: { type: "text", list: true } },
    /takes ":x" as one value, and it is declared as a list\.\s+Write = ANY\(:x\)/,
  ],
  [
    "a positional parameter",
    "SELECT $1::int AS a",
    {},
    /The SQL of "bad" can't be used\. .*positional parameter "\$1"\. Use a named one, such as :customer\./,
  ],
  ["a table there is not", "SELECT * FROM no_such_table", {}, /relation "no_such_table" does not exist/],
];
async function badConfiguration(sql: string, parameters: object, settings: object = {}): Promise<string> {
  const file = join(folder, "bad.json");
  const exports = { bad: { database: "shop", sql, parameters, settings } };
  await writeFile(file, JSON.stringify({ databases: { shop: { url: postgres().url } }, exports }));
  return file;
}

for (const setting of ["client_encoding", "Standard_Conforming_Strings"])
  test(`check refuses a query that sets ${setting}`, { skip }, async () => {
    const file = await badConfiguration("SELECT 1 AS n", {}, { [setting]: "off" });
    const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      new RegExp(`The export "bad" sets "${setting}", which every export sets itself\\.\\s+Leave it out`),
    );
  });

for (const [what, sql, parameters, message] of badQueries) {
  test(`check refuses a configuration with ${what}`, { skip }, async () => {
    const { exitCode, stderr } = await runCliInTurn([
      "check",
      "--config",
      await badConfiguration(sql, parameters),
    ]);
    assert.equal(exitCode, 1);
    assert.match(stderr, message);
  });
}

test("check says that the role may not read what a query reads", { skip }, async () => {
  postgres().run(
    "CREATE ROLE pauper; CREATE TABLE purse (id int, owner int); CREATE TABLE shown (id int); GRANT SELECT ON shown TO pauper",
  );
  const file = join(folder, "poor.json");
  const sql = "SELECT shown.id FROM shown JOIN purse USING (id) WHERE owner = :owner";
  const databases = { shop: { url: postgres().url, role: "pauper" } };
  const exports = { poor: { database: "shop", sql, parameters: { owner: { type: "integer" } } } };
  await writeFile(file, JSON.stringify({ databases, exports }));
  const poor = await runCliInTurn(["check", "--config", file]);
  assert.equal(poor.exitCode, 1);
  assert.match(
    poor.stderr,
    /The SQL of "poor" can't be used: permission denied for table purse .*42501.*GRANT SELECT/s,
  );
  postgres().run("GRANT SELECT ON purse TO pauper");
  assert.equal((await runCli(["check", "--config", file])).exitCode, 0);
});

test(
  "check accepts a query whose row security needs a setting that only a request has",
  { skip },
  async () => {
    postgres().run(
      `CREATE TABLE fenced (id int, tenant text); ALTER TABLE fenced ENABLE ROW LEVEL SECURITY; GRANT SELECT ON fenced TO pauper;
     CREATE POLICY own ON fenced USING (tenant = current_setting('app.tenant'))`,
    );
    const file = join(folder, "fenced.json");
    const databases = { shop: { url: postgres().url, role: "pauper" } };
    const settings = { "app.tenant": ":tenant" };
    const parameters = { tenant: { type: "text" } };
    const exports = { fenced: { database: "shop", sql: "SELECT * FROM fenced", parameters, settings } };
    await writeFile(file, JSON.stringify({ databases, exports }));
    const { exitCode, stderr } = await runCliInTurn(["check", "--config", file]);
    assert.equal(exitCode, 0, stderr);
  },
);

test("a query that can't be used keeps the server from starting", { skip }, async () => {
  const file = await badConfiguration("SELECT 1 AS a, 2 AS a", {});
  const { exitCode, stderr } = await runCliInTurn(["serve", "--port", "0", "--config", file]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /gives two columns named "a"/);
});

test("a database that is down is a 503, and the server goes on when it is back", { skip }, async () => {
  postgres().halt("immediate");
  const { status, code, detail } = await problem("all.csv");
  assert.deepEqual([status, code], [503, "SCSV_DATABASE_UNAVAILABLE"]);
  assert.doesNotMatch(detail, new RegExp(`${password}|reporter`));
  const off = await runCliInTurn(["check"], {
    cwd: folder,
    env: { SHOP_URL: postgres().url.replace("test@", `u:${password}@`) },
  });
  assert.equal(off.exitCode, 1);
  assert.match(off.stderr, /The export "invoices" can't be read now\. .*ECONNREFUSED/s);
  assert.doesNotMatch(off.stderr, new RegExp(password));
  postgres().restart();
  const answer = await ask("all.csv?rows=1&columns=id");
  assert.equal(answer.status, 200);
});

test("a job over a query has its bytes, and shares them while its version stays", { skip }, async () => {
  const sql =
    "SELECT id, total, due, state, memo FROM invoice WHERE customer = 3 AND due >= '2024-01-01' ORDER BY id";
  const expected = postgres().run(`COPY (${sql}) TO STDOUT WITH (FORMAT csv, HEADER)`).toString();
  const path = "invoices?customer=3&dialect=postgres";
  const { id, parameters } = await submit(server, path);
  assert.equal(parameters["customer"], "3");
  const { result } = await jobWhen(server, id);
  assert.equal(await (await fetch(`${server.url}${result?.url}`)).text(), expected);
  assert.equal((await submit(server, path)).id, id);
  postgres().run("UPDATE invoice SET memo = 'changed' WHERE id = 3; INSERT INTO invoice VALUES (60003, 3)");
  assert.notEqual((await submit(server, path)).id, id);
  postgres().run("DELETE FROM invoice WHERE id = 60003; UPDATE invoice SET memo = 'memo, 3' WHERE id = 3");
});

test("cancelling a job ends its query, also while it sorts", { skip }, async () => {
  const { id } = await submit(server, "sorting");
  const label = `COPY (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stream-csv ${id}' AND state <> 'idle') TO STDOUT`;
  const count = (): number => Number(postgres().run(label));
  // Its process takes long to start on a busy machine.
  await jobWhen(server, id, ({ state }) => state === "running");
  await until("the query of the job runs", () => count() === 1);
  assert.equal(await cancelJob(server, id), 202);
  await until("the query of the job has ended", () => count() === 0);
  assert.equal((await jobWhen(server, id)).state, "cancelled");
});

test("a query that fails fails its job, without SQL or values", { skip }, async () => {
  const { id } = await submit(server, "broken");
  const { state, error } = await jobWhen(server, id);
  assert.deepEqual([state, error?.code], ["failed", "SCSV_QUERY_FAILED"]);
  assert.doesNotMatch(error?.message ?? "", /secret|SELECT/);
  const answer = await fetch(`${server.url}/jobs/${id}.csv`);
  assert.equal(answer.status, 500);
  assert.doesNotMatch(await answer.text(), /secret|SELECT/);
});
