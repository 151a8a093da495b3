import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { parse } from "csv-parse/sync";
import { endedTransfersOf, statsOf, transfersOf } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { until } from "../response/serving.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe(["--workers", "2"]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

async function get(
  path: string,
  init?: RequestInit,
): Promise<{ readonly response: Response; readonly text: string }> {
  const response = await fetch(server.url + path, init);
  return { response, text: await response.text() };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

test("gives the same bytes by all three deliveries", async () => {
  const texts = await Promise.all(
    ["streaming", "buffered", "file"].map(
      async (delivery) => (await get(`/exports/orders.csv?rows=5000&delivery=${delivery}`)).text,
    ),
  );
  assert.equal(parse(texts[0] ?? "").length, 5001);
  assert.equal(new Set(texts.map(sha256)).size, 1);
});

test("streams without a length or an ETag, and asks proxies not to buffer", async () => {
  const { response } = await get("/exports/orders.csv?rows=10");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="orders.csv"');
  assert.equal(response.headers.get("cache-control"), "private, no-store");
  assert.equal(response.headers.get("x-accel-buffering"), "no");
  assert.match(response.headers.get("x-transfer-id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(response.headers.get("content-length"), null);
  assert.equal(response.headers.get("etag"), null);
});

for (const delivery of ["buffered", "file"]) {
  test(`sends length, rows and digest of a ${delivery} body in its head`, async () => {
    const { response, text } = await get(`/exports/orders.csv?rows=100&delivery=${delivery}`);
    const digest = Buffer.from(sha256(text), "hex").toString("base64");
    assert.equal(response.headers.get("content-length"), String(Buffer.byteLength(text)));
    assert.equal(response.headers.get("x-row-count"), "100");
    assert.equal(response.headers.get("repr-digest"), `sha-256=:${digest}:`);
    assert.equal(response.headers.get("etag"), `"${sha256(text)}"`);
  });
}

test("sends rows and digest as trailers of a stream to clients that accept them", async () => {
  const { trailers, text } = await new Promise<{ trailers: NodeJS.Dict<string>; text: string }>(
    (resolve, reject) => {
      const req = request(
        `${server.url}/exports/orders.csv?rows=100`,
        { headers: { TE: "trailers" } },
        (res) => {
          let body = "";
          res.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
          res.on("end", () => resolve({ trailers: res.trailers, text: body }));
        },
      );
      req.on("error", reject).end();
    },
  );
  assert.equal(trailers["x-row-count"], "100");
  assert.equal(trailers["repr-digest"], `sha-256=:${Buffer.from(sha256(text), "hex").toString("base64")}:`);
});

test("answers a range of a file", async () => {
  const whole = await get("/exports/orders.csv?rows=50&delivery=file");
  const part = await get("/exports/orders.csv?rows=50&delivery=file", { headers: { Range: "bytes=3-12" } });
  assert.equal(part.response.status, 206);
  assert.equal(part.text, whole.text.slice(3, 13));
});

for (const delivery of ["streaming", "buffered", "file"]) {
  test(`answers HEAD for a ${delivery} export with headers that need no rows, and starts no transfer`, async () => {
    const transfers = await endedTransfersOf(server);
    const { response, text } = await get(`/exports/orders.csv?rows=777&delivery=${delivery}`, {
      method: "HEAD",
    });
    assert.equal(response.status, 200);
    assert.equal(text, "");
    assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8; header=present");
    for (const name of ["content-length", "etag", "repr-digest", "x-transfer-id"])
      assert.equal(response.headers.get(name), null, name);
    assert.deepEqual(await transfersOf(server), transfers);
  });
}

test("serves the requested columns in the requested order and dialect", async () => {
  const { text } = await get("/exports/orders.csv?rows=2&columns=status,id&dialect=unix");
  assert.match(text, /^status,id\n\w+,1\n\w+,2\n$/);
});

test("sends only the header for 0 rows, and other rows for another seed", async () => {
  assert.equal((await get("/exports/numbers.csv?rows=0")).text.split("\r\n").length, 2);
  const [first, second] = [
    await get("/exports/orders.csv?rows=9"),
    await get("/exports/orders.csv?rows=9&seed=2"),
  ];
  assert.notEqual(first.text, second.text);
});

const badRequests: readonly (readonly [
  path: string,
  status: number,
  code: string,
  parameter: string | undefined,
  quoted: string,
])[] = [
  ["/exports/nope.csv", 404, "SCSV_UNKNOWN_EXPORT", undefined, '"nope"'],
  ["/exports/orders", 404, "SCSV_NOT_FOUND", undefined, "/exports/orders"],
  ["/nothing", 404, "SCSV_NOT_FOUND", undefined, '"/nothing"'],
  ["/exports/orders.csv?rows=abc", 400, "SCSV_BAD_PARAMETER", "rows", '"abc"'],
  ["/exports/orders.csv?rows=-1", 400, "SCSV_BAD_PARAMETER", "rows", '"-1"'],
  ["/exports/orders.csv?rows=1e3", 400, "SCSV_BAD_PARAMETER", "rows", '"1e3"'],
  ["/exports/orders.csv?rows=", 400, "SCSV_BAD_PARAMETER", "rows", '""'],
  ["/exports/orders.csv?rows=9007199254740992", 400, "SCSV_BAD_PARAMETER", "rows", '"9007199254740992"'],
  ["/exports/orders.csv?seed=x", 400, "SCSV_BAD_PARAMETER", "seed", '"x"'],
  ["/exports/orders.csv?columns=id,nope", 400, "SCSV_BAD_PARAMETER", "columns", '"nope"'],
  ["/exports/orders.csv?columns=id,id", 400, "SCSV_BAD_PARAMETER", "columns", '"id"'],
  ["/exports/orders.csv?columns=%22id", 400, "SCSV_BAD_PARAMETER", "columns", '""id"'],
  ["/exports/orders.csv?dialect=klingon", 400, "SCSV_BAD_PARAMETER", "dialect", '"klingon"'],
  ["/exports/orders.csv?delivery=pigeon", 400, "SCSV_BAD_PARAMETER", "delivery", '"pigeon"'],
  ["/exports/orders.csv?filename=a%2Fb", 400, "SCSV_BAD_PARAMETER", "filename", '"a/b"'],
  ["/exports/orders.csv?nullValue=%3D1%2B1", 400, "SCSV_BAD_PARAMETER", "nullValue", '"=1+1"'],
  ["/exports/orders.csv?rows=1&rows=2", 400, "SCSV_BAD_PARAMETER", "rows", '"2"'],
  ["/exports/orders.csv?rowz=1", 400, "SCSV_BAD_PARAMETER", "rowz", '"rowz"'],
  ["/exports/orders.csv?__proto__=1", 400, "SCSV_BAD_PARAMETER", "__proto__", '"__proto__"'],
  ["/exports/orders.csv?rows=1000000000&delivery=buffered", 413, "SCSV_BUFFER_MEMORY", undefined, "256 MiB"],
  ["/transfers/unknown", 404, "SCSV_UNKNOWN_TRANSFER", undefined, '"unknown"'],
];
for (const [path, status, code, parameter, quoted] of badRequests) {
  test(`answers ${path} with ${status} and ${code}`, async () => {
    const { response, text } = await get(path);
    const problem = JSON.parse(text) as Record<string, unknown>;
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(problem["code"], code);
    assert.equal(problem["status"], status);
    assert.equal(problem["parameter"], parameter);
    assert.ok(String(problem["detail"]).includes(quoted), String(problem["detail"]));
  });
}

test("answers a wrong method with 405 and the allowed methods", async () => {
  const { response } = await get("/transfers/x", { method: "PUT" });
  assert.equal(response.status, 405);
  assert.deepEqual(response.headers.get("allow")?.split(", ").toSorted(), ["DELETE", "GET", "HEAD"]);
});

test("lists exports with their columns, types and rows", async () => {
  const { exports } = JSON.parse((await get("/exports")).text) as {
    exports: { name: string; rows: number; columns: unknown[]; source: string }[];
  };
  assert.deepEqual(
    exports.map(({ name }) => name),
    ["orders", "wide", "text", "numbers"],
  );
  assert.deepEqual(exports[0]?.columns[0], { name: "id", type: "integer" });
  assert.deepEqual(exports[0]?.columns[4], { name: "price", type: "decimal(10,2)" });
  assert.equal(exports[0]?.rows, 1_000_000);
  assert.equal(exports[0]?.source, "generated");
});

test("answers short requests, health and a page for people", async () => {
  assert.equal((await get("/ping")).text, "pong");
  assert.equal((await get("/livez")).response.status, 200);
  assert.equal((await get("/readyz")).response.status, 200);
  assert.match((await get("/")).text, /<a href="\.\/exports\/orders\.csv" download>/);
});

test("reports a transfer with rows, bytes and digest, whichever worker answers", async () => {
  const { response, text } = await get("/exports/orders.csv?rows=321");
  const id = response.headers.get("x-transfer-id");
  await endedTransfersOf(server);
  const told = await Promise.all(
    [1, 2, 3, 4].map(async () => JSON.parse((await get(`/transfers/${id}`)).text) as Record<string, unknown>),
  );
  for (const transfer of told) {
    assert.equal(transfer["state"], "completed");
    assert.equal(transfer["rows"], 321);
    assert.equal(transfer["bytes"], Buffer.byteLength(text));
    assert.equal(transfer["sha256"], sha256(text));
    assert.equal(transfer["error"], null);
  }
});

test("reports the same counts from every worker, and held time equals the integral of busy slots", async () => {
  await Promise.all([1, 2, 3, 4].map(() => get("/exports/wide.csv?rows=2000")));
  await endedTransfersOf(server);
  const { workers, total, exports } = await statsOf(server);
  assert.equal(workers.length, 2);
  assert.equal(total.busySlots, 0);
  assert.ok(total.heldSeconds > 0);
  assert.ok(Math.abs(total.heldSeconds - total.busySlotSeconds) <= 0.02 * total.heldSeconds);
  assert.equal(
    exports.find(({ name, delivery }) => name === "wide" && delivery === "streaming")?.transfers.completed,
    4,
  );
});

test("closes the source at once when the client disconnects half-way, and logs the disconnect", async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write("GET /exports/orders.csv?rows=9000000 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await new Promise<void>((resolve) => socket.once("data", () => resolve()));
  assert.equal((await statsOf(server)).total.busySlots, 1);
  socket.destroy();
  const line = await server.logged(({ state, rows }) => state === "client-gone" && Number(rows) < 9_000_000);
  assert.equal(line["export"], "orders");
  assert.ok(Number(line["rows"]) > 0);
  assert.equal((await statsOf(server)).total.busySlots, 0);
});

test("answers short requests while an export runs at full speed", async () => {
  await using single = await startServe();
  const response = await fetch(`${single.url}/exports/orders.csv?rows=90000000`);
  const leave = new AbortController();
  let taken = 0;
  const reading = (async () => {
    for await (const chunk of response.body ?? []) {
      taken += chunk.byteLength;
      if (leave.signal.aborted) return;
    }
  })();
  for (let answered = 0; answered < 5; answered += 1) {
    const seen = taken;
    assert.equal(await (await fetch(`${single.url}/ping`)).text(), "pong");
    await until(() => taken > seen);
  }
  assert.equal((await statsOf(single)).total.busySlots, 1);
  leave.abort();
  await reading;
});

test("cancels a transfer on DELETE, and its client sees a cut connection", async () => {
  const response = await fetch(`${server.url}/exports/orders.csv?rows=9000000`);
  const id = response.headers.get("x-transfer-id");
  const reading = assert.rejects(response.text());
  const { response: accepted } = await get(`/transfers/${id}`, { method: "DELETE" });
  assert.equal(accepted.status, 202);
  await reading;
  await server.logged(({ transfer, state }) => transfer === id && state === "cancelled");
  assert.equal((await get(`/transfers/${id}`, { method: "DELETE" })).response.status, 409);
});

test("survives request targets that aren't paths", async () => {
  const { hostname, port } = new URL(server.url);
  for (const target of [
    "//",
    "*",
    "/%",
    "/exports/%zz.csv",
    "/exports/..%2f..%2fetc%2fpasswd.csv",
    "http://x/ping",
    "/exports/orders.csv?rows=%",
  ]) {
    const status = await new Promise<number>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
      );
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      socket.on("end", () => resolve(Number(text.slice(9, 12)))).on("error", reject);
    });
    assert.ok(status === 200 || (status >= 400 && status < 500), `${target} gave ${status}`);
  }
  assert.equal((await get("/ping")).text, "pong");
});
