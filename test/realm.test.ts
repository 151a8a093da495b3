import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Readable } from "node:stream";
import { before, test, type TestContext } from "node:test";
import vm from "node:vm";
import { build } from "esbuild";
import type * as library from "../src/index.ts";
import type { AnyResponse, Rows } from "../src/index.ts";
import { portOf } from "./response/serving.ts";

let realm: typeof library;

before(async () => {
  realm = await loadInRealm();
});

/**
 * The library in a realm of its own, as test runners load modules: it has classes of its own for promises, arrays and maps,
 * and Node's streams have those of Node.
 */
async function loadInRealm(): Promise<typeof library> {
  const { outputFiles } = await build({
    entryPoints: [new URL("../src/index.js", import.meta.url).pathname],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    logLevel: "error",
    define: { "import.meta.url": JSON.stringify(import.meta.url) },
    external: ["@duckdb/*", "better-sqlite3", "pg", "jose", "bullmq", "ioredis", "@aws-sdk/*"],
  });
  const context = vm.createContext();
  const standard = new Set(Object.getOwnPropertyNames(vm.runInNewContext("globalThis")));
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!standard.has(name)) Object.defineProperty(context, name, { value: Reflect.get(globalThis, name) });
  const module = { exports: {} };
  const load: unknown = vm.compileFunction(outputFiles[0]?.text ?? "", ["require", "module", "exports"], {
    parsingContext: context,
  });
  assert.ok(typeof load === "function");
  load(createRequire(import.meta.url), module, module.exports);
  return module.exports as typeof library;
}

async function csvOf(rows: Rows): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of realm.csvChunks(rows, { dialect: "unix" })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The body that a client gets. */
async function received(t: TestContext, make: () => AnyResponse): Promise<Buffer> {
  const server = createServer((req, res) => void realm.send(make(), req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  const answer = await fetch(`http://127.0.0.1:${portOf(server)}/`, {
    headers: { "accept-encoding": "identity" },
  });
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

const request = { method: "GET", headers: { "accept-encoding": "gzip" } };

test("reads rows from streams of another realm", async () => {
  const rows = [{ id: 1 }, { id: 2 }];
  assert.equal(await csvOf(Readable.from(rows)), "id\n1\n2\n");
  const web = new ReadableStream({
    start(controller) {
      for (const row of rows) controller.enqueue(row);
      controller.close();
    },
  });
  assert.equal(await csvOf(web), "id\n1\n2\n");
});

test("leaves no rejection unhandled when a stream of another realm is destroyed", async (t) => {
  const chunks = realm.csvChunks(new Readable({ objectMode: true, read() {} }));
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  const pending = assert.rejects(chunks.next(), { code: "SCSV_CANCELLED" });
  await chunks.return();
  await pending;
  await new Promise(setImmediate);
  assert.deepEqual(unhandled, []);
});

test("sends bytes of another realm whole, from streams, from memory and compressed", async (t) => {
  const { compress, fromWebResponse, HttpResponse, StreamingHttpResponse } = realm;
  const text = "id,name\n".repeat(40_000);
  const makers: readonly (() => AnyResponse)[] = [
    () => new StreamingHttpResponse(Readable.from([text])),
    () => fromWebResponse(new Response(text)),
    () => new HttpResponse(text),
    () => compress({ codings: ["gzip"] })(request, new StreamingHttpResponse([text])),
  ];
  for (const make of makers) assert.equal((await received(t, make)).toString(), text);
});

test("writes a Map of another realm as the JSON of an object", async () => {
  assert.equal(await csvOf([{ map: new Map([["a", 1]]) }]), 'map\n"{""a"":1}"\n');
});
