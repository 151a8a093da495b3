import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { generate } from "selfsigned";
import type { DatabaseSettings } from "../../../src/source/postgres/database-settings.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

const bouncer = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => existsSync(path));
const skipBouncer =
  skip === false && bouncer === undefined ? "pgbouncer isn't installed: apt-get install pgbouncer" : skip;
const endless = "SELECT n, repeat('x', 100) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s";

before(async () => {
  if (skip !== false) return;
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keySize: 2048,
  });
  const { folder } = server();
  const id = (flag: string): number => Number(spawnSync("id", [flag, "nobody"], { encoding: "utf8" }).stdout);
  for (const [name, text] of [
    ["server.crt", cert],
    ["server.key", key],
  ] as const) {
    const path = join(folder, "data", name);
    writeFileSync(path, text);
    if (process.getuid?.() === 0) chownSync(path, id("-u"), id("-g"));
    chmodSync(path, 0o600);
  }
  server().run("ALTER SYSTEM SET ssl = on");
  server().run("SELECT pg_reload_conf()");
  writeFileSync(join(folder, "ca.crt"), cert);
});
after(stopServer);

async function read(database: PostgresDatabase, sql: string): Promise<string> {
  return await textOf(await sourceOf(database, sql), { dialect: "unix", header: false });
}

/** Sessions of this tool that are doing something. */
function running(): number {
  const sql =
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'stream-csv%' AND state <> 'idle'";
  return Number(server().run(`COPY (${sql}) TO STDOUT`));
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isTrue(); await sleep(20))
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
}

async function cancelled(database: PostgresDatabase): Promise<void> {
  const abort = new AbortController();
  const source = await sourceOf(database, endless);
  const rows = source.read({ signal: abort.signal })[Symbol.asyncIterator]();
  await rows.next();
  await until("the query runs", () => running() === 1);
  abort.abort(new Error("left"));
  await assert.rejects(async () => await rows.next(), { message: "left" });
  await until("the query is over", () => running() === 0);
}

for (const [mode, root] of [
  ["require", false],
  ["verify-full", true],
] as const) {
  test(`reads and cancels over TLS with sslmode=${mode}`, { skip }, async () => {
    const { port, folder } = server();
    const trust = root ? `&sslrootcert=${join(folder, "ca.crt")}` : "";
    const database = await openDatabase({
      url: `postgres://test@localhost:${port}/postgres?sslmode=${mode}${trust}`,
    });
    try {
      assert.equal(
        await read(database, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
        "true\n",
      );
      await cancelled(database);
    } finally {
      await database.close();
    }
  });
}

test("binds a password to the TLS connection where the URL prefers it", { skip }, async () => {
  server().run("CREATE ROLE bound LOGIN PASSWORD 'p'");
  server().demandPassword("bound");
  for (const binding of ["prefer", "disable"]) {
    const place = `127.0.0.1:${server().port}/postgres?sslmode=require&channel_binding=${binding}`;
    const database = await openDatabase({ url: `postgres://bound:p@${place}` });
    try {
      const session = await database.connect(new AbortController().signal);
      const { rows } = await session.client.query<{ name: string }>("SELECT current_user AS name");
      assert.deepEqual(rows, [{ name: "bound" }]);
      session.release();
      // A wrong password is found out in both ways, too.
      const wrong = await openDatabase({ url: `postgres://bound:q@${place}` });
      await assert.rejects(read(wrong, "SELECT 1 AS n"), { code: "SCSV_DATABASE_REFUSED" });
      await wrong.close();
    } finally {
      await database.close();
    }
  }
});

test("refuses a certificate that nobody it trusts has signed", { skip }, async () => {
  const database = await openDatabase({
    url: `postgres://test@localhost:${server().port}/postgres?sslmode=verify-full`,
  });
  try {
    await assert.rejects(read(database, "SELECT 1 AS n"), (error: Error & { code: string }) => {
      assert.equal(error.code, "SCSV_DATABASE_REFUSED");
      assert.match((error.cause as Error).message, /self-signed certificate/);
      return true;
    });
  } finally {
    await database.close();
  }
});

test(
  "works through pgbouncer in transaction mode, and cancels through it",
  { skip: skipBouncer },
  async () => {
    await throughBouncer("transaction", async (database) => {
      const count = 8;
      const reads = Array.from({ length: count }, (_, n) =>
        read(database, `SELECT ${n} AS n, current_setting('TimeZone') AS zone`),
      );
      assert.deepEqual(
        await Promise.all(reads),
        Array.from({ length: count }, (_, n) => `${n},UTC\n`),
      );
      await cancelled(database);
      assert.equal(await read(database, "SELECT 1 AS n"), "1\n");
    });
  },
);

test("says which mode of pgbouncer can't be used, and which can", { skip: skipBouncer }, async () => {
  await throughBouncer("statement", async (database) => {
    await assert.rejects(read(database, "SELECT 1 AS n"), {
      code: "SCSV_DATABASE_REFUSED",
      status: 500,
      message:
        "The pgbouncer in front of the database is in statement mode, which allows no transaction. (08P01)",
      hint: /^Set pool_mode = transaction /,
    });
  });
});

test(
  "leaves the settings of pgbouncer's sessions to the programs that share them",
  { skip: skipBouncer },
  async () => {
    await throughBouncer(
      "transaction",
      async (database, url) => {
        const others = (): string =>
          spawnSync("psql", ["-XAtc", "SHOW work_mem", url], { encoding: "utf8" }).stdout.trim();
        assert.equal(others(), "7MB");
        const changes =
          "SELECT set_config('work_mem', '9MB', false) AS m, set_config('role', 'pg_monitor', false) AS r";
        assert.equal(await read(database, changes), "9MB,pg_monitor\n");
        assert.equal(await read(database, "SELECT current_user AS u"), "test\n");
        assert.equal(others(), "7MB");
      },
      {},
      "connect_query='SET work_mem = \"7MB\"' pool_size=1",
    );
  },
);

test("waits for a connection of pgbouncer as long as for one of its own", { skip: skipBouncer }, async () => {
  const settings = { queueTimeoutMs: 500, connections: 4 };
  await throughBouncer(
    "transaction",
    async (database) => {
      const source = await sourceOf(database, endless);
      // pgbouncer has two.
      const readings = [1, 2].map(() =>
        source.read({ signal: new AbortController().signal })[Symbol.asyncIterator](),
      );
      await Promise.all(readings.map(async (rows) => await rows.next()));
      await assert.rejects(read(database, "SELECT 1 AS n"), {
        code: "SCSV_DATABASE_UNAVAILABLE",
        status: 503,
        message: /^The database didn't begin a transaction within 2\.00 s\.$/,
      });
      await Promise.all(readings.map(async (rows) => await rows.return?.()));
      assert.equal(await read(database, "SELECT 1 AS n"), "1\n");
    },
    settings,
  );
});

test(
  "tells what pgbouncer refuses for good from what it refuses for now",
  { skip: skipBouncer },
  async () => {
    await throughBouncer(
      "transaction",
      async (_, url) => {
        const failed = {
          code: "SCSV_DATABASE_REFUSED",
          status: 500,
          message: /pgbouncer .* refuses .*08P01/,
        };
        const wrong = [
          url.replace("test@", "known:wrong@"),
          url.replace("test@", "unknown:pw@"),
          url.replace("test@", "known:pw@").replace(/postgres$/, "other"),
        ];
        for (const where of wrong) {
          const refused = await openDatabase({ url: where });
          await assert.rejects(read(refused, "SELECT 1 AS n"), failed, where);
          await refused.close();
        }
        const own = await openDatabase({ url: url.replace("test@", "known:pw@"), connections: 3 });
        const { signal } = new AbortController();
        const sessions = [await own.connect(signal), await own.connect(signal)];
        await assert.rejects(own.connect(signal), {
          code: "SCSV_DATABASE_UNAVAILABLE",
          status: 503,
          message: /has run out of connections.* \(08P01\)$/,
        });
        for (const session of sessions) session.release();
        await own.close();
      },
      {},
      "",
      "auth_type = md5\nmax_client_conn = 2\n",
    );
  },
);

/** Runs a pgbouncer in front of the server, and uses the database through it. */
async function throughBouncer(
  mode: "transaction" | "statement",
  use: (database: PostgresDatabase, url: string) => Promise<void>,
  settings: Partial<DatabaseSettings> = {},
  options = "",
  own = "",
): Promise<void> {
  const { folder, port } = server();
  const place = mkdtempSync(join(folder, "bouncer-"));
  chmodSync(place, 0o777);
  const bouncerPort = port + 1;
  writeFileSync(join(place, "users.txt"), '"test" ""\n"known" "pw"\n');
  writeFileSync(
    join(place, "pgbouncer.ini"),
    `[databases]
postgres = host=127.0.0.1 port=${port} user=test ${options}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${bouncerPort}
unix_socket_dir =
auth_type = any
auth_file = ${join(place, "users.txt")}
pool_mode = ${mode}
default_pool_size = 2
${own}`,
  );
  const child = startBouncer(join(place, "pgbouncer.ini"));
  try {
    await listening(bouncerPort);
    const url = `postgres://test@127.0.0.1:${bouncerPort}/postgres`;
    const database = await openDatabase({ url, ...settings });
    try {
      await use(database, url);
    } finally {
      await database.close();
    }
  } finally {
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

/** pgbouncer refuses to run as root. */
function startBouncer(file: string): ChildProcess {
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  return spawn(bouncer ?? "", [...user, file], { stdio: "ignore" });
}

async function listening(port: number): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
    const socket = connect(port, "127.0.0.1");
    const isOpen = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
  }
  assert.fail(`nothing listens on ${port} after 10 s`);
}
