import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { statsWhen } from "../harness/ask.ts";
import { runCli, startServe, type ServeProcess } from "../harness/cli.ts";
import { startPostgres } from "../../dev/postgres-server.ts";

const tracing = fileURLToPath(new URL("../../fixtures/programs/tracing.js", import.meta.url));
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${parentId}-01`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tracing-test-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

/** A span as the module of the fixtures writes it. */
interface WrittenSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: { readonly code: number; readonly message?: string };
  readonly events: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
  readonly eventMs: readonly number[];
}

/** Starts a server, asks it, stops it, and returns the spans that its worker made. */
async function spansOf(
  args: readonly string[],
  ask: (server: ServeProcess) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly WrittenSpan[]> {
  const file = join(folder, "spans.json");
  await rm(file, { force: true });
  const server = await startServe(args, { env: { TRACE_FILE: file, ...env }, cwd: folder });
  await using _ = server;
  await ask(server);
  await server[Symbol.asyncDispose]();
  return JSON.parse(await readFile(file, "utf8")) as readonly WrittenSpan[];
}

async function read(url: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const answer = await fetch(url, { headers });
  await answer.arrayBuffer();
  return answer.status;
}

test("a transfer is one span: a child of the request's traceparent, with what was sent and when", async () => {
  let transferId: unknown;
  const spans = await spansOf(["--tracing", tracing], async (server) => {
    assert.equal(await read(`${server.url}/exports/orders.csv?rows=2000`, { traceparent }), 200);
    assert.equal(await read(`${server.url}/exports/orders.csv?rows=10&delivery=buffered`), 200);
    assert.equal(await read(`${server.url}/exports/orders.csv?rows=10&delivery=file`), 200);
    assert.equal(await read(`${server.url}/exports/nosuch.csv`), 404);
    assert.equal((await fetch(`${server.url}/exports/orders.csv`, { method: "HEAD" })).status, 200);
    const line = await server.logged(({ rows }) => rows === 2000);
    transferId = line["transfer"];
    assert.equal(line["traceId"], traceId);
    assert.notEqual(line["spanId"], parentId);
  });
  assert.deepEqual(
    spans.map(({ name, attributes }) => [name, attributes["stream_csv.delivery"]]),
    [
      ["export orders", "streaming"],
      ["export orders", "buffered"],
      ["export orders", "file"],
    ],
  );
  const [streamed, buffered, file] = spans;
  assert.ok(streamed !== undefined && buffered !== undefined && file !== undefined);
  assert.deepEqual([streamed.traceId, streamed.parent, streamed.kind], [traceId, parentId, SpanKind.SERVER]);
  assert.equal(streamed.attributes["stream_csv.export"], "orders");
  assert.equal(streamed.attributes["stream_csv.transfer"], transferId);
  assert.equal(streamed.attributes["stream_csv.state"], "completed");
  assert.equal(streamed.attributes["stream_csv.rows"], 2000);
  assert.ok(Number(streamed.attributes["stream_csv.bytes"]) > 100_000);
  assert.equal(streamed.status.code, SpanStatusCode.UNSET);
  assert.deepEqual(streamed.events, ["slot granted", "first byte"]);
  const [granted = 0, first = 0] = streamed.eventMs;
  const order = [streamed.startMs, granted, first, streamed.endMs];
  // The clocks of the SDK and of events given a time agree to the millisecond.
  for (const [index, ms] of order.slice(1).entries()) assert.ok(ms >= (order[index] ?? 0) - 2, order.join());
  assert.equal(buffered.parent, undefined);
  assert.notEqual(buffered.traceId, traceId);
  assert.deepEqual(file.events, ["slot granted", "file ready", "first byte"]);
});

test("a client that leaves isn't an error; a refusal for lack of room and a failure are", async () => {
  const config = join(folder, "failing.mjs");
  await writeFile(
    config,
    `export default { exports: { failing: { columns: ["n"], rows: async function* () {
      for (let n = 0; n < 50_000; n += 1) yield [n];
      throw new Error("secret 42");
    } } } };`,
  );
  const args = ["--config", config, "--generated", "--slots", "1", "--queue", "0", "--tracing", tracing];
  const spans = await spansOf(args, async (server) => {
    const leaving = new AbortController();
    await fetch(`${server.url}/exports/orders.csv?rows=90000000`, { signal: leaving.signal });
    assert.equal(await read(`${server.url}/exports/orders.csv`), 503);
    leaving.abort();
    await statsWhen(server, ({ total }) => total.busySlots === 0);
    await assert.rejects(read(`${server.url}/exports/failing.csv`));
  });
  const told = spans.map(
    ({ attributes, status }) =>
      [attributes["stream_csv.state"], [status.code, attributes["error.type"]]] as const,
  );
  assert.deepEqual(
    new Map<unknown, unknown>(told),
    new Map<unknown, unknown>([
      ["client-gone", [SpanStatusCode.UNSET, undefined]],
      ["failed", [SpanStatusCode.ERROR, "SCSV_INTERNAL"]],
      ["refused", [SpanStatusCode.ERROR, "SCSV_BUSY"]],
    ]),
  );
  assert.doesNotMatch(JSON.stringify(spans), /secret 42/);
});

test("spans that the rows of a program make are children of the transfer's, and its own propagator counts", async () => {
  const config = join(folder, "rows.mjs");
  const api = import.meta.resolve("@opentelemetry/api");
  await writeFile(
    config,
    `import { trace } from ${JSON.stringify(api)};
    export default { exports: { own: { columns: ["n"], rows: async function* () {
      await trace.getTracer("own").startActiveSpan("inner", async (span) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        span.end();
      });
      yield [1];
    } } } };`,
  );
  const b3 = `${traceId}-${parentId}`;
  const spans = await spansOf(
    ["--config", config, "--tracing", tracing],
    async (server) => {
      for (const delivery of ["streaming", "buffered"])
        assert.equal(await read(`${server.url}/exports/own.csv?delivery=${delivery}`, { b3 }), 200);
    },
    { TRACE_PROPAGATOR: "b3" },
  );
  assert.equal(spans.length, 4);
  for (const outer of spans.filter(({ name }) => name === "export own")) {
    assert.deepEqual([outer.traceId, outer.parent], [traceId, parentId]);
    assert.ok(spans.some(({ name, parent }) => name === "inner" && parent === outer.spanId));
  }
});

test("an SDK that NODE_OPTIONS starts in every process is used without a setting, and one of a configuration is found beside it", async () => {
  const NODE_OPTIONS = `--import=${tracing}`;
  const ask = async (server: ServeProcess): Promise<void> => {
    assert.equal(await read(`${server.url}/exports/orders.csv?rows=1`), 200);
  };
  assert.equal((await spansOf([], ask, { NODE_OPTIONS })).length, 1);
  // As an application has it, with a copy of its own of every package of OpenTelemetry.
  const packages = fileURLToPath(new URL("../../../node_modules/@opentelemetry", import.meta.url));
  await cp(packages, join(folder, "node_modules/@opentelemetry"), { recursive: true });
  await cp(tracing, join(folder, "own-tracing.mjs"));
  await writeFile(join(folder, "configured.yaml"), "server: { tracing: ./own-tracing.mjs }\n");
  assert.equal((await spansOf(["--config", join(folder, "configured.yaml")], ask)).length, 1);
});

test("a module that can't be loaded keeps the server from starting, and one that starts no SDK is a warning", async () => {
  const args = ["serve", "--port", "0", "--tracing"];
  const missing = await runCli([...args, join(folder, "none.mjs")]);
  assert.equal(missing.exitCode, 1);
  assert.match(missing.stderr, /^error: The tracing module ".*none\.mjs" can't be loaded: /m);
  await writeFile(join(folder, "nothing.mjs"), "");
  await using server = await startServe(["--tracing", join(folder, "nothing.mjs")]);
  const line = await server.logged(({ msg }) => /no OpenTelemetry SDK was registered/.test(String(msg)));
  assert.equal(line["level"], 40);
  assert.equal(await read(`${server.url}/exports/orders.csv?rows=1`), 200);
});

const database = startPostgres();

test(
  "a query is a child span of its transfer, and fails with it",
  {
    skip: typeof database === "string" ? database : false,
  },
  async (t) => {
    if (typeof database === "string") return;
    t.after(() => database.stop());
    const sql = (text: string): object => ({ database: "shop", sql: text });
    const config = join(folder, "queries.json");
    const exports = {
      good: sql("SELECT n FROM generate_series(1, 1000) AS n"),
      bad: sql("SELECT 1 / (n - 900) AS secret FROM generate_series(1, 1000) AS n"),
    };
    await writeFile(config, JSON.stringify({ databases: { shop: { url: database.url } }, exports }));
    const spans = await spansOf(["--config", config, "--tracing", tracing], async (server) => {
      assert.equal(await read(`${server.url}/exports/good.csv`), 200);
      await read(`${server.url}/exports/bad.csv?delivery=buffered`);
    });
    assert.deepEqual(
      spans.map(({ name }) => name),
      ["query good", "export good", "query bad", "export bad"],
    );
    const [query, outer, badQuery, badOuter] = spans;
    assert.ok(query !== undefined && outer !== undefined && badQuery !== undefined);
    assert.deepEqual([query.parent, query.traceId], [outer.spanId, outer.traceId]);
    assert.deepEqual([query.kind, query.attributes["db.system.name"]], [SpanKind.CLIENT, "postgresql"]);
    assert.equal(typeof query.attributes["stream_csv.connection_wait_ms"], "number");
    assert.ok(query.startMs >= outer.startMs - 2 && query.endMs <= outer.endMs + 2);
    for (const span of [badQuery, badOuter])
      assert.deepEqual(
        [span?.status.code, span?.attributes["error.type"]],
        [SpanStatusCode.ERROR, "SCSV_QUERY_FAILED"],
      );
    assert.doesNotMatch(JSON.stringify(spans), /SELECT|secret/);
  },
);
