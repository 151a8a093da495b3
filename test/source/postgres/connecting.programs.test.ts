import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { getEventListeners, once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../../src/clock.ts";
import type { DatabaseSettings } from "../../../src/source/postgres/database-settings.ts";
import { PostgresDatabase } from "../../../src/source/postgres/database.ts";
import { openDatabase, server, skip, sourceOf, stopServer, textOf } from "./postgres-source.ts";

after(stopServer);

/**
 * A host that takes connections and says nothing, as behind a firewall that drops packets; or one byte, and then nothing. It closes a
 * connection that its client has left, or keeps it, as a busy server does that hasn't come to it yet.
 */
class SilentHost implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(first: string, keepsThem: boolean) {
    this.#server = createServer({ allowHalfOpen: keepsThem }, (socket) => {
      this.sockets.push(socket);
      socket.on("error", () => undefined);
      socket.once("data", () => first !== "" && socket.write(first));
      socket.resume();
    });
  }

  static async start(first = "", keepsThem = false): Promise<SilentHost> {
    const host = new SilentHost(first, keepsThem);
    host.#server.listen(0, "127.0.0.1");
    await once(host.#server, "listening");
    return host;
  }

  async open(settings: Partial<DatabaseSettings> = {}, options = ""): Promise<PostgresDatabase> {
    const { port } = this.#server.address() as AddressInfo;
    const url = `postgres://u@127.0.0.1:${port}/d${options}`;
    return await PostgresDatabase.open({ url, ...settings }, systemClock);
  }

  async connected(count: number): Promise<void> {
    await until(`${count} connections`, () => this.sockets.length === count);
  }

  async left(): Promise<void> {
    await until("the host is left", () => this.sockets.every((socket) => socket.closed));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const skipFull = process.platform !== "linux" && "only Linux drops what a full host is sent";

/** A host that takes no more connections, so that the system drops what asks it for one. */
class FullHost implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #sockets: Socket[] = [];

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<FullHost> {
    const program = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
      process.send(this.address().port, () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    })`;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const [port] = (await once(child, "message")) as [number];
    const host = new FullHost(child, port);
    while (await host.#takesOne()) assert.ok(host.#sockets.length < 20, "the host is never full");
    return host;
  }

  async #takesOne(): Promise<boolean> {
    const socket = connect(this.port, "127.0.0.1");
    this.#sockets.push(socket);
    return await Promise.race([once(socket, "connect").then(() => true), sleep(500, false)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.on("error", () => undefined).destroy();
    this.#child.kill("SIGKILL");
    await once(this.#child, "close");
  }
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !isTrue(); await sleep(10))
    if (Date.now() > end) assert.fail(`${what}: not within 10 s`);
}

const never = new AbortController().signal;

const limits: readonly (readonly [string, Partial<DatabaseSettings>, string, string])[] = [
  ["the queue's time-out", { queueTimeoutMs: 400 }, "", "No connection was made within 400 ms."],
  ["the time-out of the URL", {}, "?connect_timeout=1", "No connection was made within 1000 ms."],
  ["a moment, where nobody may wait", { queueTimeoutMs: 0 }, "", "No connection was made within 250 ms."],
  [
    "the queue's, where the URL has none",
    { queueTimeoutMs: 300 },
    "?connect_timeout=0",
    "No connection was made within 300 ms.",
  ],
];
for (const [what, settings, options, words] of limits)
  test(`gives up a host that says nothing after ${what}`, async () => {
    await using host = await SilentHost.start();
    const database = await host.open(settings, options);
    await assert.rejects(database.connect(never), (error: Error & { code: string; status: number }) => {
      assert.equal(error.code, "SCSV_DATABASE_UNAVAILABLE");
      assert.equal(error.status, 503);
      assert.match(error.message, /can't be reached.* \(ETIMEDOUT\)$/);
      assert.equal((error.cause as Error).message, words);
      return true;
    });
    await host.left();
    await until("the place is free", () => database.usage.busyConnections === 0);
    await database.close();
  });

test("gives a reading that waited for its place only the rest of the queue's time-out", async () => {
  await using host = await SilentHost.start();
  const database = await host.open({ connections: 1, queueTimeoutMs: 2000 });
  const abort = new AbortController();
  const first = assert.rejects(database.connect(abort.signal), { message: "left" });
  const second = assert.rejects(database.connect(never), (error: Error) => {
    const [, ms] = /within (\d+) ms/.exec((error.cause as Error).message) ?? [];
    assert.ok(Number(ms) < 2000, ms);
    return true;
  });
  await host.connected(1);
  abort.abort(new Error("left"));
  await Promise.all([first, second]);
  await host.left();
  await database.close();
});

for (const [what, first, options] of [
  ["a host that says nothing", "", ""],
  ["a host that promises TLS and says no more", "S", "?sslmode=require"],
] as const)
  test(`gives up ${what} when the reading is aborted, and the place is free again`, async () => {
    await using host = await SilentHost.start(first);
    const database = await host.open({ connections: 1 }, options);
    for (const count of [1, 2, 3]) {
      const abort = new AbortController();
      const connecting = assert.rejects(database.connect(abort.signal), { message: "the client has left" });
      await host.connected(count);
      abort.abort(new Error("the client has left"));
      await connecting;
      await until("the place is free", () => database.usage.busyConnections === 0);
    }
    await host.left();
    await database.close();
  });

test("keeps the place of a connection that was given up until the host has closed it", async () => {
  await using host = await SilentHost.start("", true);
  const database = await host.open({ connections: 1 });
  const abort = new AbortController();
  const connecting = assert.rejects(database.connect(abort.signal), { message: "the client has left" });
  await host.connected(1);
  abort.abort(new Error("the client has left"));
  await connecting;
  const [socket] = host.sockets;
  await until("the host hears of it", () => socket?.readableEnded === true);
  assert.equal(database.usage.busyConnections, 1);
  // The next one waits for the place, so that the host never has two.
  const next = new AbortController();
  const waiting = assert.rejects(database.connect(next.signal), { message: "enough" });
  assert.equal(database.usage.waiting, 1);
  socket?.end();
  await host.connected(2);
  next.abort(new Error("enough"));
  await waiting;
  // A host that closes nothing has two seconds.
  await until("the place is free", () => database.usage.busyConnections === 0);
  await database.close();
});

test("frees the place of a connection that no host has taken at once", { skip: skipFull }, async () => {
  await using host = await FullHost.start();
  const url = `postgres://u@127.0.0.1:${host.port}/d`;
  const database = await PostgresDatabase.open({ url, connections: 1 }, systemClock);
  const abort = new AbortController();
  const connecting = assert.rejects(database.connect(abort.signal), { message: "the client has left" });
  await sleep(100);
  abort.abort(new Error("the client has left"));
  await connecting;
  // A place that waits for the host would be taken for two seconds.
  for (let turn = 0; turn < 10; turn += 1) await immediate();
  assert.equal(database.usage.busyConnections, 0);
  await database.close();
});

for (const [what, bytes, message] of [
  [
    "asks for GSSAPI",
    "R\0\0\0\u0008\0\0\0\u0007",
    /^The database asks for a way to sign in that pg doesn't know, such as GSSAPI or SSPI\.$/,
  ],
  [
    "answers what pg can't read",
    "R\0\0\0\u0005\0",
    /^The database answers what isn't PostgreSQL's protocol, or what pg can't read of it\.$/,
  ],
] as const)
  test(`a host that ${what} refuses the connection, and the process goes on`, async () => {
    await using host = await SilentHost.start(bytes);
    const database = await host.open({ connections: 1 });
    for (let count = 0; count < 2; count += 1)
      await assert.rejects(database.connect(never), { code: "SCSV_DATABASE_REFUSED", message });
    await until("the place is free", () => database.usage.busyConnections === 0);
    await host.left();
    await database.close();
  });

test("gives up a host that says nothing when the database is closed", async () => {
  await using host = await SilentHost.start();
  const database = await host.open();
  const connecting = assert.rejects(database.connect(never), { code: "SCSV_DRAINING" });
  await host.connected(1);
  await database.close();
  await connecting;
  await host.left();
});

test("leaves no listener at a signal that many readings share", { skip }, async () => {
  const database = await openDatabase();
  const { signal } = new AbortController();
  for (let count = 0; count < 5; count += 1) (await database.connect(signal)).release();
  assert.equal(getEventListeners(signal, "abort").length, 0);
  await database.close();
});

test(
  "asks a server what it can do again for a reading beside one that is aborted meanwhile",
  { skip },
  async () => {
    const database = await openDatabase();
    const [first, second] = await Promise.all([database.connect(never), database.connect(never)]);
    const lost = assert.rejects(database.facts(first.client), /Connection terminated/);
    const asked = database.facts(second.client);
    await first.cancel();
    await lost;
    assert.equal((await asked).checksConnection, true);
    second.release();
    await database.close();
  },
);

test("replaces a connection that the server ended while nobody used it", { skip }, async () => {
  const database = await openDatabase({ connections: 1 });
  const source = await sourceOf(database, "SELECT pg_backend_pid() AS pid");
  const [, before] = (await textOf(source)).split("\r\n");
  server().run(`SELECT pg_terminate_backend(${before})`);
  await until("the backend is gone", () => backends(String(before)) === 0);
  await sleep(50);
  const [, later] = (await textOf(source)).split("\r\n");
  assert.notEqual(later, before);
  await database.close();
  await until("all are gone", () => backends(String(later)) === 0);
});

function backends(pid: string): number {
  return Number(server().run(`COPY (SELECT count(*) FROM pg_stat_activity WHERE pid = ${pid}) TO STDOUT`));
}

test(
  "lets the system try a connection on which nothing comes, so that a reading notices a server that is gone",
  { skip: skip !== false ? skip : process.platform !== "linux" && "only Linux shows the timers of sockets" },
  async () => {
    const database = await openDatabase();
    const session = await database.connect(never);
    const { localPort } = (session.client as unknown as { connection: { stream: Socket } }).connection.stream;
    const end = `0100007F:${localPort?.toString(16).toUpperCase().padStart(4, "0")}`;
    const [, timer = ""] =
      new RegExp(` ${end} \\S+ 01 \\S+ (\\S+)`).exec(readFileSync("/proc/net/tcp", "latin1")) ?? [];
    // 02 is the timer that keeps a connection alive (proc(5)), and behind it stands the time that is left, in hundredths of a second.
    assert.match(timer, /^02:/);
    assert.ok(Number.parseInt(timer.slice(3), 16) <= 3000);
    session.release();
    await database.close();
  },
);

test("closes only after a reading has given its connection back", { skip }, async () => {
  const database = await openDatabase();
  const session = await database.connect(never);
  let isClosed = false;
  const closing = database.close().then(() => (isClosed = true));
  await session.client.query("SELECT 1");
  assert.equal(isClosed, false);
  session.release();
  await closing;
});

test("reads no variable of the environment that pg itself would", { skip }, async () => {
  const variables = {
    PGOPTIONS: "-c search_path=pg_catalog",
    PGREPLICATION: "database",
    PGSSLNEGOTIATION: "direct",
    PGCLIENT_ENCODING: "LATIN1",
    PGAPPNAME: "another",
  };
  Object.assign(process.env, variables);
  const database = await openDatabase();
  try {
    const source = await sourceOf(
      database,
      "SELECT current_setting('search_path') AS path, current_setting('client_encoding') AS encoding, current_setting('application_name') AS name",
    );
    assert.equal(
      await textOf(source, { dialect: "unix", header: false }),
      '"""$user"", public",UTF8,stream-csv\n',
    );
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    await database.close();
  }
});

test("takes the name and the settings of sessions from the URL", { skip }, async () => {
  const url = `${server().url}?application_name=billing&options=-c%20search_path%3Dpg_catalog%20-c%20work_mem%3D5MB`;
  const database = await openDatabase({ url });
  const source = await sourceOf(
    database,
    "SELECT current_setting('application_name') AS name, current_setting('search_path') AS path, current_setting('work_mem') AS memory",
  );
  assert.equal(await textOf(source, { dialect: "unix", header: false }), "billing,pg_catalog,5MB\n");
  await database.close();
});
