import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request, type IncomingMessage } from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { defaultHttpSettings } from "../../../../src/server/shared/http-settings.ts";
import { defaultSettings } from "../../../../src/server/shared/settings.ts";
import { startServer } from "../../../../src/server.ts";
import { endedTransfersOf, transfersOf, transferWhen } from "../../../harness/ask.ts";
import { startServe, type ServeProcess } from "../../../harness/cli.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly trailers: NodeJS.Dict<string>;
  /** The body as sent, with its coding. */
  readonly body: Buffer;
}

/** Sends only the given headers; `fetch` would request a coding and decode it. */
async function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Got> {
  return await new Promise((resolve, reject) => {
    const req = request(server.url + path, { headers, method }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
      res.on("end", () =>
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          trailers: res.trailers,
          body: Buffer.concat(chunks),
        }),
      );
    });
    req.on("error", reject).end();
  });
}

function codeOf({ body, headers }: Got): unknown {
  assert.equal(headers["content-type"], "application/problem+json");
  return (JSON.parse(body.toString()) as { code: unknown }).code;
}

function digestOf(body: Buffer): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

for (const delivery of ["buffered", "file"]) {
  const path = `/exports/orders.csv?rows=200&delivery=${delivery}`;

  test(`answers a ${delivery} export that the client has with 304 and no body`, async () => {
    const { headers } = await ask(path);
    const etag = headers.etag ?? "";
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const got = await ask(path, { "If-None-Match": condition });
      assert.equal(got.status, 304, condition);
      assert.equal(got.body.length, 0);
      assert.equal(got.headers.etag, etag);
      assert.equal(got.headers["cache-control"], "private, no-store");
      assert.equal(got.headers["content-type"], undefined);
      const { state, bytes } = await transferWhen(server, got.headers["x-transfer-id"]);
      assert.deepEqual([state, bytes], ["completed", 0]);
    }
    assert.equal((await ask(path, { "If-None-Match": '"other"' })).status, 200);
  });

  test(`refuses a ${delivery} export whose ETag differs from If-Match with 412, and sends it otherwise`, async () => {
    const { headers } = await ask(path);
    const etag = headers.etag ?? "";
    const got = await ask(path, { "If-Match": '"other"' });
    assert.equal(got.status, 412);
    assert.equal(codeOf(got), "SCSV_PRECONDITION_FAILED");
    assert.ok(got.body.toString().includes(JSON.stringify(etag).slice(1, -1)));
    for (const condition of [etag, "*", `"other", ${etag}`])
      assert.equal((await ask(path, { "If-Match": condition })).status, 200, condition);
  });

  test(`sends a ${delivery} export uncompressed, whatever codings the client accepts`, async () => {
    const got = await ask(path, { "Accept-Encoding": "gzip, br, zstd" });
    assert.equal(got.headers["content-encoding"], undefined);
    assert.equal(got.headers["content-length"], String(got.body.length));
    assert.equal(got.headers["repr-digest"], digestOf(got.body));
  });
}

test("releases a prepared file whose answer is refused or not sent, so that it can be removed", async () => {
  await using small = await startServe(["--spool-size", "50k"]);
  const get = async (query: string, headers: Record<string, string> = {}): Promise<Response> => {
    const response = await fetch(`${small.url}/exports/orders.csv?rows=300&delivery=file${query}`, {
      headers,
    });
    await response.arrayBuffer();
    return response;
  };
  const etag = (await get("")).headers.get("etag") ?? "";
  assert.equal((await get("", { "If-None-Match": etag })).status, 304);
  assert.equal((await get("", { "If-Match": '"other"' })).status, 412);
  assert.equal((await get("", { Range: "bytes=9999999-" })).status, 416);
  // A file is released when its answer is closed, which may be shortly after the client has it.
  let status = 503;
  for (let time = 0; time < 100 && status === 503; time += 1) {
    status = (await get("&seed=2")).status;
    await sleep(20);
  }
  assert.equal(status, 200);
});

test("answers a range after the end of a file with 416, as a problem with the size", async () => {
  const path = "/exports/orders.csv?rows=200&delivery=file";
  const whole = await ask(path);
  const got = await ask(path, { Range: `bytes=${whole.body.length}-` });
  assert.equal(got.status, 416);
  assert.equal(codeOf(got), "SCSV_RANGE_NOT_SATISFIABLE");
  assert.equal(got.headers["content-range"], `bytes */${whole.body.length}`);
  assert.equal(got.headers["content-disposition"], undefined);
  const last = await ask(path, { Range: "bytes=-5" });
  assert.equal(last.status, 206);
  assert.deepEqual(last.body, whole.body.subarray(-5));
  const stale = await ask(path, { Range: `bytes=${whole.body.length}-`, "If-Range": '"other"' });
  assert.equal(stale.status, 200);
});

test("evaluates conditions before the range", async () => {
  const path = "/exports/orders.csv?rows=200&delivery=file";
  const { headers } = await ask(path);
  assert.equal((await ask(path, { Range: "bytes=0-9", "If-None-Match": headers.etag ?? "" })).status, 304);
  assert.equal((await ask(path, { Range: "bytes=0-9", "If-Match": '"other"' })).status, 412);
});

test("refuses If-Match for a stream before it takes a slot, also for HEAD", async () => {
  const known = await endedTransfersOf(server);
  const got = await ask("/exports/orders.csv?rows=9", { "If-Match": '"any"' });
  assert.equal(got.status, 412);
  assert.equal(codeOf(got), "SCSV_PRECONDITION_FAILED");
  assert.equal((await ask("/exports/orders.csv?rows=9", { "If-Match": '"any"' }, "HEAD")).status, 412);
  assert.deepEqual(await transfersOf(server), known);
  assert.equal((await ask("/exports/orders.csv?rows=9", { "If-Match": "*" })).status, 200);
  assert.equal((await ask("/exports/orders.csv?rows=9", { "If-None-Match": '"any"' })).status, 200);
});

test("compresses a stream by the client's preference, and sends the digest of the compressed bytes", async () => {
  const path = "/exports/orders.csv?rows=5000";
  const plain = await ask(path, { TE: "trailers" });
  assert.equal(plain.headers["content-encoding"], undefined);
  assert.equal(plain.headers.vary, "Accept-Encoding");
  assert.equal(plain.trailers["repr-digest"], digestOf(plain.body));
  for (const [accepted, coding, decode] of [
    ["gzip", "gzip", gunzipSync],
    ["gzip;q=0.5, br", "br", brotliDecompressSync],
  ] as const) {
    const got = await ask(path, { "Accept-Encoding": accepted, TE: "trailers" });
    assert.equal(got.headers["content-encoding"], coding);
    assert.equal(got.headers["content-length"], undefined);
    assert.equal(got.headers["x-accel-buffering"], "no");
    assert.ok(got.body.length < plain.body.length / 2);
    assert.deepEqual(decode(got.body), plain.body);
    assert.equal(got.trailers["repr-digest"], digestOf(got.body));
    assert.equal(got.trailers["x-row-count"], "5000");
    const { sha256, bytes } = await transferWhen(server, got.headers["x-transfer-id"]);
    assert.deepEqual(
      [sha256, bytes],
      [createHash("sha256").update(plain.body).digest("hex"), plain.body.length],
    );
    const line = await server.logged(({ transfer }) => transfer === got.headers["x-transfer-id"]);
    assert.deepEqual([line["coding"], line["sentBytes"]], [coding, got.body.length]);
    const head = await ask(path, { "Accept-Encoding": accepted }, "HEAD");
    assert.equal(head.headers["content-encoding"], coding);
    assert.equal(head.headers.vary, "Accept-Encoding");
  }
  for (const accepted of ["identity", "gzip;q=0", "deflate", "*;q=0, identity"])
    assert.equal((await ask(path, { "Accept-Encoding": accepted })).headers["content-encoding"], undefined);
});

test("serves .tsv in the dialect of that name, unless the request names another", async () => {
  const tsv = await ask("/exports/orders.tsv?rows=2&columns=id,status");
  assert.equal(tsv.headers["content-type"], "text/tab-separated-values; charset=utf-8");
  assert.equal(tsv.headers["content-disposition"], 'attachment; filename="orders.tsv"');
  assert.match(tsv.body.toString(), /^id\tstatus\n1\t\w+\n2\t\w+\n$/);
  const csv = await ask("/exports/orders.tsv?rows=2&columns=id,status&dialect=unix");
  assert.match(csv.body.toString(), /^id,status\n1,\w+\n2,\w+\n$/);
});

test("encodes a file name so that no part of it escapes from its header", async () => {
  const filename = encodeURIComponent('a"; x="ü%0d%0aSet-Cookie: b.csv');
  const { headers } = await ask(`/exports/orders.csv?rows=1&filename=${filename}`);
  assert.equal(headers["set-cookie"], undefined);
  assert.match(
    headers["content-disposition"] ?? "",
    /^attachment; filename="a\\"; x=\\"\?%0d%0aSet-Cookie: b\.csv"; filename\*=UTF-8''[A-Za-z0-9%.*-]+$/,
  );
});

test("answers short requests, health, HEAD and faults at once with every slot taken and the queue full", async () => {
  await using full = await startServe(["--slots", "1", "--queue", "1"]);
  const stop = new AbortController();
  const running = await fetch(`${full.url}/exports/orders.csv?rows=90000000`, { signal: stop.signal });
  const waiting = fetch(`${full.url}/exports/orders.csv?rows=1`, { signal: stop.signal });
  waiting.catch(() => undefined);
  for (;;) {
    const { total } = (await (await fetch(`${full.url}/stats`)).json()) as {
      total: { busySlots: number; queued: number };
    };
    if (total.busySlots === 1 && total.queued === 1) break;
  }
  for (const [path, status, method] of [
    ["/ping", 200, "GET"],
    ["/livez", 200, "GET"],
    ["/readyz", 200, "GET"],
    ["/exports", 200, "GET"],
    ["/transfers", 200, "GET"],
    ["/exports/orders.csv", 200, "HEAD"],
    ["/exports/orders.csv?delivery=buffered&rows=5", 200, "HEAD"],
    ["/exports/orders.csv?delivery=file&rows=5", 200, "HEAD"],
    ["/exports/orders.csv?rows=x", 400, "GET"],
    ["/exports/nope.csv", 404, "GET"],
    ["/ping", 405, "DELETE"],
    ["/exports/orders.csv?rows=5", 503, "GET"],
  ] as const) {
    const response = await fetch(full.url + path, { method });
    assert.equal(response.status, status, `${method} ${path}`);
    assert.equal(response.headers.get("retry-after") !== null, status === 503, path);
    await response.arrayBuffer();
  }
  const { queued } = ((await (await fetch(`${full.url}/stats`)).json()) as { total: { queued: number } })
    .total;
  assert.equal(queued, 1, "the export that waited still waits");
  stop.abort();
  await running.body?.cancel().catch(() => undefined);
});

test("sends the Cache-Control and uses the codings of its settings", async () => {
  const http = { ...defaultHttpSettings, cacheControl: "public, max-age=60", codings: [] };
  const log = { ...defaultSettings.log, level: "silent" };
  const running = await startServer({ ...defaultSettings, port: 0, http, log });
  try {
    for (const delivery of ["streaming", "buffered", "file"]) {
      const { headers } = await fetch(`${running.url}/exports/orders.csv?rows=9&delivery=${delivery}`);
      assert.equal(headers.get("cache-control"), "public, max-age=60");
      assert.equal(headers.get("content-encoding"), null);
      assert.equal(headers.get("vary"), null);
    }
  } finally {
    running.kill();
    await running.stopped;
  }
});
