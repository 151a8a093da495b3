import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import type { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { liveMemory } from "../../harness/live-memory.ts";
import { privateBytesOf } from "../../harness/private-bytes.ts";
import { describe, openDatabase, server, skip as noPostgres, stopServer, textOf } from "./postgres-source.ts";

const skip = hasProcFiles ? noPostgres : "the memory of a backend is read from /proc";
after(stopServer);

const mebibyte = 1024 ** 2;

/** What a session keeps from one transaction to the next. */
interface Session {
  readonly pid: number;
  readonly statements: number;
  readonly cursors: number;
  readonly settings: number;
  readonly bytes: number;
}

/** What the sessions of the pool say of themselves, one after the other: the pool takes the one that was used last. */
async function sessionOf(database: PostgresDatabase): Promise<Session> {
  const query = await describe(
    database,
    `SELECT pg_backend_pid() AS pid,
      (SELECT count(*) FROM pg_prepared_statements) AS statements,
      (SELECT count(*) FROM pg_cursors WHERE name <> '') AS cursors,
      (SELECT count(*) FROM pg_settings WHERE source = 'session') AS settings`,
  );
  const source = query.bind({ values: new Map(), version: "test" });
  const [, line = ""] = (await textOf(source, { dialect: "unix" })).split("\n");
  const [pid = 0, statements = -1, cursors = -1, settings = -1] = line.split(",").map(Number);
  return { pid, statements, cursors, settings, bytes: privateBytesOf(pid) };
}

test(
  "a thousand exports leave no statement and no memory in the session and in this process",
  { skip },
  async () => {
    const database = await openDatabase({ connections: 1 });
    try {
      const query = await describe(
        database,
        "SELECT g AS n, :text::text AS t, :day::date + g AS d FROM generate_series(1, :rowCount::int) AS g",
        { text: 25, day: 1082, rowCount: 23 },
      );
      const plain = await describe(database, "SELECT g AS n FROM generate_series(1, 20) AS g");
      // Each export has other values, and every few have other columns and limits, which are another statement.
      const exportTimes = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index += 1) {
          const values = new Map([
            ["text", index % 7 === 0 ? null : `text ${index}`],
            ["day", "2024-02-29"],
            ["rowCount", String(1 + (index % 50))],
          ]);
          const source = (index % 2 === 0 ? query : plain).bind({ values, version: String(index) });
          const options = index % 3 === 0 ? { columns: ["n"] } : {};
          assert.match(await textOf(source, { ...options, dialect: "unix" }), /^n(,t,d)?\n1\b/);
        }
      };
      // The engine compiles code and collects what it knows of it meanwhile.
      await exportTimes(800);
      const before = await sessionOf(database);
      const { heapUsed, arrayBuffers } = await liveMemory();
      await exportTimes(1000);
      const later = await liveMemory();
      const { bytes, ...rest } = await sessionOf(database);
      assert.deepEqual({ ...rest, bytes: 0 }, { ...before, bytes: 0 });
      assert.deepEqual([rest.statements, rest.cursors], [0, 0]);
      // A kilobyte an export would be seen.
      const grown = later.heapUsed + later.arrayBuffers - heapUsed - arrayBuffers;
      assert.ok(grown < 0.75 * mebibyte, `${grown} bytes more here`);
      assert.ok(bytes - before.bytes < mebibyte / 4, `${bytes - before.bytes} bytes more in the backend`);
    } finally {
      await database.close();
    }
  },
);

test("a reader that stalls takes no more memory here or in the backend", { skip }, async () => {
  // Compiling a query takes a backend tens of MB before the first row, for a library of its own.
  const database = await openDatabase({ connections: 1, url: `${server().url}?options=-c%20jit%3Doff` });
  const abort = new AbortController();
  try {
    const query = await describe(
      database,
      "SELECT n, repeat('x', 1000) AS t FROM (SELECT generate_series(1, 100000000) AS n) AS s",
    );
    const source = query.bind({ values: new Map(), version: "test" });
    const rows = source.read({ signal: abort.signal, label: "stalled" })[Symbol.asyncIterator]();
    assert.equal((await rows.next()).done, false);
    const pid = await backendWaiting("stream-csv stalled");
    const before = { here: await liveMemory(), backend: privateBytesOf(pid) };
    for (let sample = 0; sample < 8; sample += 1) {
      await sleep(150);
      const { heapUsed, arrayBuffers } = await liveMemory();
      const grown = heapUsed + arrayBuffers - before.here.heapUsed - before.here.arrayBuffers;
      assert.ok(grown < mebibyte, `${grown} bytes more here`);
      const backendGrown = privateBytesOf(pid) - before.backend;
      assert.ok(backendGrown < mebibyte, `${backendGrown} bytes more in the backend`);
    }
    assert.ok(before.backend < 8 * mebibyte, `${before.backend} bytes in the backend`);
    // It has waited all the time, and goes on when somebody reads.
    assert.equal(await backendWaiting("stream-csv stalled"), pid);
    assert.equal((await rows.next()).done, false);
  } finally {
    abort.abort();
    await database.close();
  }
});

/** The process id of a session that waits for its client to read. */
async function backendWaiting(name: string): Promise<number> {
  const sql = `SELECT pid FROM pg_stat_activity WHERE application_name = '${name}' AND wait_event = 'ClientWrite'`;
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const pid = Number(server().run(`COPY (${sql}) TO STDOUT`));
    if (pid > 0) return pid;
  }
  return assert.fail(`no backend of "${name}" waits for its client`);
}
