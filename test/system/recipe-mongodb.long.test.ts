import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { liveMemory } from "../harness/live-memory.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";
import { connectTo, get } from "../harness/raw-client.ts";

/**
 * Stands in for the driver, which needs a MongoDB: its documented interface, and documents that went through BSON with the
 * options of the query, as with the driver. A client keeps its process alive until it is closed.
 */
const driver = `
import { createServer } from "node:net";
import { once } from "node:events";
import { Binary, Decimal128, deserialize, Long, ObjectId, serialize } from "bson";
export { Decimal128 };

export const held = { clients: 0, cursors: 0, fetched: 0 };
const tell = () => console.error("held " + JSON.stringify(held));

const exact = [
  { _id: new ObjectId("507f1f77bcf86cd799439011"), number: Long.fromString("9007199254740993"), total: Decimal128.fromString("1.50"),
    issuedOn: new Date("2026-11-28T14:05:09.123Z"), memo: 'a "b", c', scan: new Binary(Buffer.from([0, 255])) },
  { memo: "Zürich", number: -1, _id: new ObjectId("507f1f77bcf86cd799439012"), total: Decimal128.fromString("12345678901234567890.123456789") },
  { _id: "text", total: null, number: 0.5 },
];

class Cursor {
  #closed = false;
  #wake = () => {};
  constructor(filter, options) {
    this.filter = filter;
    this.options = options;
    held.cursors += 1;
  }
  async *[Symbol.asyncIterator]() {
    const { customer } = this.filter;
    try {
      for (let n = 0; !this.#closed; n += 1) {
        if (customer === 1 && n === exact.length) return;
        if (customer === 3 && n === 5000) throw new Error("the cursor is lost");
        if (customer === 4 && n === 1000) {
          tell();
          await new Promise((resolve) => (this.#wake = resolve));
        }
        if (n % 100 === 0) await new Promise(setImmediate);
        if (this.#closed || n === 300000) return;
        held.fetched += 1;
        const document = customer === 1 ? exact[n] : { _id: n, memo: "x".repeat(100) };
        yield deserialize(serialize(document), this.options);
      }
    } finally {
      await this.close();
    }
  }
  close() {
    if (!this.#closed) held.cursors -= 1;
    this.#closed = true;
    this.#wake();
    return Promise.resolve();
  }
}

export class MongoClient {
  #socket = createServer().listen(0, "127.0.0.1");
  constructor(url) {
    if (url !== "mongodb://db.test/shop") throw new Error("another URL: " + url);
    held.clients += 1;
  }
  db() {
    return {
      collection: (name) => {
        if (name !== "invoice") throw new Error("another collection: " + name);
        return { find: (filter, options) => new Cursor(filter, options) };
      },
    };
  }
  async close() {
    held.clients -= 1;
    this.#socket.close();
    await once(this.#socket, "close");
    tell();
  }
}
`;

interface Held {
  readonly clients: number;
  readonly cursors: number;
  readonly fetched: number;
}
type MongoRows = (collection: string, filter: object, signal: AbortSignal) => AsyncGenerator<object>;

let files: WrittenFiles;
let server: ServeProcess;
let held: Held;
let mongoRows: MongoRows;
const env = { MONGODB_URL: "mongodb://db.test/shop" };

before(async () => {
  files = await writePageFiles("mongodb", { mongodb: driver });
  process.env["MONGODB_URL"] = env.MONGODB_URL;
  const load = async (name: string): Promise<unknown> =>
    await import(pathToFileURL(`${files.path}/${name}`).href);
  ({ held } = (await load("node_modules/mongodb/index.mjs")) as { held: Held });
  ({ mongoRows } = (await load("mongo-rows.mjs")) as { mongoRows: MongoRows });
  server = await startServe(["--workers", "1"], { cwd: files.path, env });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
});

const exactText = [
  "id,number,total,issuedOn,memo,scan",
  '507f1f77bcf86cd799439011,9007199254740993,1.50,2026-11-28T14:05:09.123Z,"a ""b"", c",\\x00ff',
  "507f1f77bcf86cd799439012,-1,12345678901234567890.123456789,,Zürich,",
  "text,0.5,,,,",
  "",
].join("\r\n");

/** What the last client that was closed in the server left behind. */
async function leftBehind(closedClients: number): Promise<Held> {
  for (;;) {
    const lines = server.stderr().match(/^held .*"clients":0.*$/gm) ?? [];
    const line = lines[closedClients - 1];
    if (line !== undefined) return JSON.parse(line.slice("held ".length)) as Held;
    await sleep(10);
  }
}

test("a module of MongoDB's documents serves exact values", async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=1`);
  assert.equal(await response.text(), exactText);
  assert.equal((await leftBehind(1)).cursors, 0);
});

test("a module of MongoDB's documents lets the command end", async () => {
  const { stdout, stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
    cwd: files.path,
    env,
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, exactText);
});

for (const [index, customer, what] of [
  [2, 2, "while documents come"],
  [3, 4, "while the database has none ready"],
] as const)
  test(`a client that leaves ${what} closes the cursor and the client`, async () => {
    const client = await connectTo(server.url, get(`/exports/invoices.csv?customer=${customer}`));
    await client.firstBytes();
    client.socket.destroy();
    const { cursors, fetched } = await leftBehind(index);
    assert.equal(cursors, 0);
    assert.ok(fetched < 300_000, `${fetched} documents`);
  });

test("a cursor that fails midway cuts the body", async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=3`);
  assert.equal(response.status, 200);
  await assert.rejects(async () => await response.text(), /terminated/);
  assert.equal((await leftBehind(4)).cursors, 0);
  const line = await server.logged(({ state }) => state === "failed");
  assert.match(JSON.stringify(line), /the cursor is lost/);
});

test("MongoDB's documents are fetched as they are taken, and none is kept", async () => {
  const rows = mongoRows("invoice", { customer: 2 }, new AbortController().signal);
  await sleep(20);
  assert.equal(held.clients, 0);
  let count = 0;
  let heldBefore = 0;
  for await (const _ of rows) {
    count += 1;
    assert.equal(held.fetched, count);
    if (count % 100_000 !== 1000) continue;
    const { heapUsed, arrayBuffers } = await liveMemory();
    if (heldBefore === 0) heldBefore = heapUsed + arrayBuffers;
    // All the documents are 40 MB.
    assert.ok(heapUsed + arrayBuffers - heldBefore < 8 << 20);
  }
  assert.equal(count, 300_000);
  assert.deepEqual([held.clients, held.cursors], [0, 0]);
});

test("an aborted reading of MongoDB's documents doesn't end as if they were all", async () => {
  const abort = new AbortController();
  const rows = mongoRows("invoice", { customer: 4 }, abort.signal);
  for (let n = 0; n < 1000; n += 1) await rows.next();
  const next = rows.next();
  await sleep(20);
  abort.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  assert.deepEqual([held.clients, held.cursors], [0, 0]);
});
