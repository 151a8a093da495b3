import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { liveMemory } from "../harness/live-memory.ts";
import { writePageFiles, type WrittenFiles } from "../harness/page-files.ts";
import { connectTo, get } from "../harness/raw-client.ts";

type HttpRows = (firstPage: string, signal: AbortSignal) => AsyncGenerator<{ readonly id: unknown }>;

const pageCount = 300;
const memo = "x".repeat(100);

/** Customer 1 has three pages, 2 has many, the third page of 3 fails, and the second of 4 never comes. */
const api: Server = createServer((request, response) => {
  asked.push(request.url ?? "");
  open.add(response);
  response.once("close", () => open.delete(response));
  answer(request, response);
});
const open = new Set<ServerResponse>();
let asked: string[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { searchParams } = new URL(request.url ?? "", "http://api.test");
  const customer = Number(searchParams.get("customer"));
  const page = Number(searchParams.get("page") ?? 1);
  const link = `/invoices?customer=${customer}&page=${page + 1}`;
  const send = (value: object): void => void response.end(JSON.stringify(value));
  if (customer === 1) {
    send(exactPages[page - 1] ?? {});
  } else if (customer === 3 && page === 3) {
    response.writeHead(500).end("no");
  } else if (customer !== 4 || page === 1) {
    const items = Array.from({ length: 1000 }, (_, n) => ({ id: (page - 1) * 1000 + n + 1, memo }));
    send({ items, next: page < pageCount ? link : null });
  }
}

const exactPages = [
  // A relative link, one that is whole, and an empty page.
  { items: [{ id: "9007199254740993", total: "1.50", memo: 'a "b", c' }], next: "?customer=1&page=2" },
  { items: [], next: "/invoices?customer=1&page=3" },
  { items: [{ id: 2, total: -0.05, memo: null }, { id: 3 }] },
];

let files: WrittenFiles;
let httpRows: HttpRows;
let server: ServeProcess;
let apiUrl = "";

before(async () => {
  files = await writePageFiles("http");
  ({ httpRows } = (await import(pathToFileURL(`${files.path}/http-rows.mjs`).href)) as {
    httpRows: HttpRows;
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  server = await startServe([], { cwd: files.path, env: { API_URL: apiUrl } });
});

after(async () => {
  await server[Symbol.asyncDispose]();
  api.closeAllConnections();
  api.close();
  await files[Symbol.asyncDispose]();
});

beforeEach(() => {
  asked = [];
});

const exactText = 'id,total,memo\r\n9007199254740993,1.50,"a ""b"", c"\r\n2,-0.05,\r\n3,,\r\n';

test("a module of an API's rows serves all pages", async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=1`);
  assert.equal(await response.text(), exactText);
  assert.equal(asked.length, 3);
});

test("a module of an API's rows lets the command end", async () => {
  const { stdout, stderr, exitCode } = await runCli(["export", "invoices", "--param", "customer=1"], {
    cwd: files.path,
    env: { API_URL: apiUrl },
  });
  assert.equal(exitCode, 0, stderr);
  assert.equal(stdout, exactText);
});

test("an API is asked for no more pages when the client has left", async () => {
  const client = await connectTo(server.url, get("/exports/invoices.csv?customer=2"));
  await client.firstBytes();
  client.socket.destroy();
  await server.logged(({ state }) => state === "client-gone");
  const count = asked.length;
  await sleep(100);
  assert.equal(asked.length, count);
  assert.ok(count < pageCount, `${count} pages`);
});

test("a request for a page that never comes ends with its client", async () => {
  const client = await connectTo(server.url, get("/exports/invoices.csv?customer=4"));
  await client.firstBytes();
  // The next page is asked for when this one is sent, which may be more than the buffers of a client that stops reading.
  client.socket.resume();
  const soEndsAtMs = performance.now() + 20_000;
  const isInTime = (): boolean => performance.now() < soEndsAtMs;
  while ((asked.length < 2 || open.size === 0) && isInTime()) await sleep(5);
  assert.deepEqual([asked.length, open.size], [2, 1], server.stderr());
  // A client that has read everything and closes looks as if it only sends no more, until the server writes to it. A reset
  // tells at once that it has left.
  client.socket.resetAndDestroy();
  while (open.size > 0 && isInTime()) await sleep(5);
  assert.equal(open.size, 0, server.stderr());
});

test("a page that fails cuts the body, and is named in the log", async () => {
  const response = await fetch(`${server.url}/exports/invoices.csv?customer=3`);
  assert.equal(response.status, 200);
  await assert.rejects(async () => await response.text(), /terminated/);
  const line = await server.logged(({ state }) => state === "failed");
  assert.match(JSON.stringify(line), /page=3 answered 500/);
});

test("an API's rows ask for a page when its rows are taken, and hold one", async () => {
  const rows = httpRows(`${apiUrl}/invoices?customer=2`, new AbortController().signal);
  await sleep(20);
  assert.equal(asked.length, 0);
  let count = 0;
  let heldBefore = 0;
  for await (const { id } of rows) {
    count += 1;
    assert.equal(id, count);
    if (count % 50_000 !== 1000) continue;
    assert.equal(asked.length, Math.ceil(count / 1000));
    const { heapUsed, arrayBuffers } = await liveMemory();
    const held = heapUsed + arrayBuffers;
    if (heldBefore === 0) heldBefore = held;
    // All the pages are 40 MB.
    assert.ok(held - heldBefore < 8 << 20, `${held - heldBefore} bytes more`);
  }
  assert.equal(count, pageCount * 1000);
});
