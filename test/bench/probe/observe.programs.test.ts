import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { after, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { observePostgres } from "../../../bench/probe/observe-postgres.ts";
import { observeProcesses } from "../../../bench/probe/observe-processes.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { observerNotes, parseObserved } from "../../../bench/run/with-observers.ts";
import { startPostgres } from "../../../dev/postgres-server.ts";

const skip = !hasProcFiles;

/** Works for 0.3 s; asking for the time after each step would be work of the system's. */
const spin =
  "const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i += 1);";

/** A program that works, holds memory, and starts another that works and ends, when it is told. */
async function worker(t: TestContext): Promise<{ readonly pid: number; work(): Promise<void> }> {
  const code = `
    const { spawnSync } = require("node:child_process");
    const spin = ${JSON.stringify(spin)};
    let held;
    process.stdin.on("data", () => {
      held = Buffer.alloc(40 * 2 ** 20, 1);
      eval(spin);
      spawnSync(process.execPath, ["-e", spin]);
      process.stdout.write("done");
      setTimeout(() => (held = undefined), 60_000).unref();
    });
    process.stdout.write("ready");`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return {
    pid: child.pid ?? 0,
    async work() {
      child.stdin.write("go");
      await once(child.stdout, "data");
      await sleep(120);
    },
  };
}

test("the work of a tree of processes has also what ended meanwhile", { skip }, async (t) => {
  const { pid, work } = await worker(t);
  const observer = await observeProcesses("job", pid);
  const idle = await observer.watch();
  const before = await idle();
  assert.ok((before.cpuSeconds ?? 1) < 0.1, JSON.stringify(before));
  const end = await observer.watch();
  await work();
  const { cpuSeconds, peakBytes, heldSeconds } = await end();
  assert.ok((cpuSeconds ?? 0) >= 0.58, `${cpuSeconds} s of CPU time`);
  assert.ok((peakBytes ?? 0) >= 36 * 2 ** 20, `${peakBytes} bytes`);
  assert.equal(heldSeconds, null);
});

test("a process that isn't there is refused, by its name", { skip }, async () => {
  await assert.rejects(observeProcesses("db", 2 ** 22 + 1), /--observe db=4194305 names no process/);
});

const server = startPostgres();
const noDatabase = typeof server === "string" ? server : skip;
after(() => (typeof server === "string" ? undefined : server.stop()));

test(
  "of a database the time is known in which connections were held, and its processes' work",
  { skip: noDatabase },
  async (t) => {
    assert.ok(typeof server !== "string");
    const observer = await observePostgres("db", server.url);
    t.after(() => observer.close());
    const idle = await (await observer.watch())();
    assert.ok((idle.heldSeconds ?? 1) < 0.1, JSON.stringify(idle));
    const end = await observer.watch();
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query("SELECT sum(hashtext(i::text)) FROM generate_series(1, 600000) AS i, pg_sleep(0.4)");
    await client.query(
      "SELECT i FROM generate_series(1, 900000) AS i ORDER BY hashtext(i::text) OFFSET 899999",
    );
    await client.end();
    const { heldSeconds, cpuSeconds, temporaryBytes } = await end();
    assert.ok((heldSeconds ?? 0) >= 0.4, `held for ${heldSeconds} s`);
    assert.ok((cpuSeconds ?? 0) > 0.1, `${cpuSeconds} s of CPU time`);
    assert.ok((temporaryBytes ?? 0) > 2 ** 20, `${temporaryBytes} temporary bytes`);
  },
);

test(
  "what can't be known of a database is said: its processes elsewhere, its files without the right to list them",
  { skip: noDatabase },
  async (t) => {
    assert.ok(typeof server !== "string");
    const here = await observePostgres("db", server.url);
    await here.close();
    assert.deepEqual(here.caveats, []);
    const client = new Client({ connectionString: server.url });
    await client.connect();
    // A database on another machine gives ids of processes that don't exist here.
    await client.query(`CREATE SCHEMA elsewhere; CREATE ROLE plain LOGIN; GRANT USAGE ON SCHEMA elsewhere TO plain;
      CREATE FUNCTION elsewhere.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 4194305'`);
    await client.end();
    const url = new URL(server.url);
    url.username = "plain";
    url.searchParams.set("options", "-c search_path=elsewhere,pg_catalog");
    const remote = await observePostgres("db", url.href);
    t.after(() => remote.close());
    assert.match(
      remote.caveats[0] ?? "",
      /^CPU time and memory observed leave out db: its processes don't run/,
    );
    assert.match(remote.caveats[1] ?? "", /^Temporary files of db are not known: .* pg_monitor\.$/);
    const work = await (await remote.watch())();
    assert.deepEqual([work.cpuSeconds, work.peakBytes, work.temporaryBytes], [null, null, null]);
  },
);

test("a report says that several things observed are one sum, and what isn't known of each", () => {
  const db = { name: "db", caveats: ["Temporary files of db are not known."] };
  assert.deepEqual(observerNotes([db]), db.caveats);
  assert.deepEqual(observerNotes([db, { name: "cache", caveats: [] }]), [
    "What is observed of db and cache is one sum in each row.",
    ...db.caveats,
  ]);
});

test("a database that can't be reached is named, without the password", async () => {
  await assert.rejects(observePostgres("db", "postgres://u:secret@127.0.0.1:9/x"), (fault: Error) => {
    assert.match(fault.message, /The database "db" of --observe can't be watched: .*ECONNREFUSED/);
    assert.doesNotMatch(fault.message, /secret/);
    return true;
  });
});

for (const [what, bytes, reason] of [
  ["says nothing", "", /timeout expired/],
  ["asks for GSSAPI", "R\0\0\0\u0008\0\0\0\u0007", /asks for a way to sign in that pg doesn't know/],
] as const)
  test(`a database that ${what} is named`, async (t) => {
    const host = createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.write(bytes));
    });
    t.after(() => host.close());
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    const { port } = host.address() as AddressInfo;
    await assert.rejects(
      observePostgres("db", `postgres://u@127.0.0.1:${port}/x`, { timeoutMs: 500 }),
      reason,
    );
  });

test("what is observed is a process or a database", () => {
  assert.deepEqual(parseObserved("db=123"), { name: "db", kind: "processes", pid: 123 });
  assert.equal(parseObserved("db=postgres://a@b/c").kind, "postgres");
  for (const text of ["db", "db=", "=12", "db=0", "db=mysql://a:secret@b/c"]) {
    assert.throws(
      () => parseObserved(text),
      (fault: Error) =>
        /is nothing that can be observed/.test(fault.message) && !/secret/.test(fault.message),
    );
  }
});
