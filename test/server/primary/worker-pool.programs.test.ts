import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { systemClock } from "../../../src/clock.ts";
import type { PrimaryMethods, WorkerSettings } from "../../../src/server/protocol/messages.ts";
import { WorkerPool } from "../../../src/server/primary/worker-pool.ts";
import { defaultSettings } from "../../../src/server/shared/settings.ts";
import { bearer, token } from "../../harness/access-server.ts";
import { certificate, connectTls } from "../../harness/tls.ts";

const pools: WorkerPool[] = [];
after(async () => {
  await Promise.all(pools.map((pool) => pool.kill()));
});

/** A pool without a server, and what it told of its workers. */
function makePool(settings: Partial<WorkerSettings> = {}) {
  const told: string[] = [];
  const delays: number[] = [];
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const log = { level: "silent", format: "json", color: false } as const;
  const logger = {
    error: ({ delayMs }: { readonly delayMs: number }) => delays.push(delayMs),
    warn: (_: object, message: string) => warnings.push(message),
    info: nothing,
  };
  const pool = new WorkerPool(
    { ...defaultSettings, isLocal: true, certificates: null, log, ...settings },
    {
      methods: () => ({}) as PrimaryMethods,
      notes: () => ({
        transferStarted: nothing,
        transferEnded: nothing,
        report: nothing,
        returnTokenSlot: nothing,
        giveUpTokenSlot: nothing,
        releaseBuffer: nothing,
        releaseSpoolFile: nothing,
        leaveJobResult: nothing,
        doubtSpoolFile: nothing,
      }),
      onStart: () => told.push("start"),
      onReady: () => told.push("ready"),
      onExit: (_, how) => told.push(how),
    },
    logger as unknown as Logger,
    systemClock,
  );
  pools.push(pool);
  const tells = async (count: number, what: string): Promise<void> => {
    while (told.filter((each) => each === what).length < count) await sleep(5);
  };
  return { pool, told, delays, warnings, tells };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("replaces a worker that dies at once, and the one after it later and later while they die young", async () => {
  const { pool, told, delays, tells } = makePool();
  await pool.start(1);
  for (const count of [2, 3, 4]) {
    const [worker] = pool.workers;
    worker?.process.kill("SIGKILL");
    await tells(count, "ready");
    assert.equal(isAlive(worker?.pid ?? 0), false);
  }
  assert.deepEqual(delays, [0, 100, 200]);
  const ended = "was ended by SIGKILL";
  const replaced = [ended, "start", "ready"];
  assert.deepEqual(told, ["start", "ready", ...replaced, ...replaced, ...replaced]);
  assert.equal(pool.workers.length, 1);
});

test("backs off for each worker by itself", async () => {
  const { pool, delays, tells } = makePool();
  await pool.start(2);
  const [first, second] = pool.workers;
  first?.process.kill("SIGKILL");
  await tells(3, "ready");
  second?.process.kill("SIGKILL");
  await tells(4, "ready");
  assert.deepEqual(delays, [0, 0]);
});

test("starts no other once it should stop, not even one that is due after a pause", async () => {
  const { pool, told, tells } = makePool();
  await pool.start(1);
  pool.workers[0]?.process.kill("SIGKILL");
  await tells(2, "ready");
  pool.workers[0]?.process.kill("SIGKILL");
  await tells(2, "was ended by SIGKILL");
  pool.stopReplacing();
  await sleep(150);
  assert.deepEqual(pool.workers, []);
  assert.equal(told.filter((each) => each === "start").length, 2);
});

test("says what kept its first worker from starting, and leaves none behind", async () => {
  const { pool, tells } = makePool({ sources: ["/nowhere/gone.csv"] });
  await assert.rejects(pool.start(1), /\/nowhere\/gone\.csv/);
  await tells(1, "was ended by SIGKILL");
  assert.deepEqual(pool.workers, []);
});

test("says so when a worker doesn't become ready, and says nothing of one that does", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "worker-pool-"));
  t.after(() => rm(folder, { recursive: true }));
  const module = join(folder, "never.mjs");
  await writeFile(module, "await new Promise(() => {}); export default {};");
  const { pool, told, warnings } = makePool({ sources: [{ name: "never", module }], hangTimeoutMs: 3000 });
  const starting = pool.start(1);
  while (warnings.length === 0) await sleep(5);
  assert.match(
    warnings.join(),
    /^a worker isn't ready yet; it waits for a source .* module that it imports$/,
  );
  assert.deepEqual(told, ["start"]);
  await pool.kill();
  await assert.rejects(starting, { code: "SCSV_WORKER_FAILED" });
  const good = makePool({ hangTimeoutMs: 3000 });
  await good.pool.start(1);
  // The machine may be slow.
  const before = good.warnings.length;
  await sleep(3200);
  assert.equal(good.warnings.length, before);
});

/** Gives the pool the connections of a port. */
async function listen(pool: WorkerPool, t: TestContext): Promise<number> {
  const server = createServer({ pauseOnConnect: true }, (socket) => pool.accept(socket));
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

test("a worker that is starting takes the tokens and certificates that come meanwhile", async (t) => {
  const [earlier, first, second] = await Promise.all([certificate(), certificate(), certificate()]);
  const { pool, tells } = makePool({ tokens: [token("old")], certificates: earlier });
  const port = await listen(pool, t);
  const statusFor = async (text: string, { cert }: typeof earlier): Promise<string | undefined> => {
    const socket = (await connectTls(`https://127.0.0.1:${port}`, cert)).setEncoding("latin1");
    const { Authorization } = bearer(text).headers;
    socket.write(
      `GET /exports HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: ${Authorization}\r\n\r\n`,
    );
    return (await socket.toArray()).join("").split(" ")[1];
  };
  const replace = (text: string, certificates: typeof earlier): void => {
    pool.replace({ certificates });
    pool.replace({ tokens: [token(text)], links: null, auth: null });
  };
  const started = pool.start(1);
  replace("new", first);
  await started;
  assert.deepEqual([await statusFor("old", first), await statusFor("new", first)], ["401", "200"]);
  pool.workers[0]?.process.kill("SIGKILL");
  await tells(2, "start");
  replace("newer", second);
  assert.deepEqual([await statusFor("new", second), await statusFor("newer", second)], ["401", "200"]);
});

test("hands a connection to a worker, refuses the next beyond the limit, and counts until they are closed", async (t) => {
  const { pool } = makePool({ maxConnections: 1 });
  await pool.start(1);
  const port = await listen(pool, t);
  const ask = async (text: string): Promise<string> => {
    const socket = connect(port, "127.0.0.1").setEncoding("latin1");
    socket.write(text);
    return (await socket.toArray()).join("");
  };
  const ping = "GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const kept = connect(port, "127.0.0.1");
  await once(kept, "connect");
  while (pool.connections.open === 0) await sleep(5);
  const refused = await ask(ping);
  assert.match(refused, /^HTTP\/1\.1 503 [^]*1 connections are open, which is the limit/);
  assert.deepEqual(pool.connections, { open: 1, limit: 1, refused: 1 });
  kept.end();
  while (pool.connections.open > 0) await sleep(5);
  assert.match(await ask(ping), /^HTTP\/1\.1 200 [^]*pong$/);
});
