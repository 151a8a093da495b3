import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import { test } from "node:test";
import { createServer } from "node:http";
import { once } from "node:events";
import {
  FileResponse,
  fromWebResponse,
  HttpResponse,
  StreamingHttpResponse,
  toWebResponse,
} from "../../src/index.ts";
import { collect, portOf, serve } from "./serving.ts";

test("carries status, reason, headers, cookies and body to the Web's class", async () => {
  const response = new HttpResponse("body", {
    statusCode: 201,
    reasonPhrase: "Made",
    headers: { "X-A": "é", Connection: "close" },
  });
  response.setCookie("a", "1");
  response.setCookie("b", "2");
  const web = toWebResponse(response);
  assert.deepEqual([web.status, web.statusText, web.headers.get("X-A")], [201, "Made", "é"]);
  assert.equal(web.headers.get("Connection"), null);
  assert.equal(web.headers.get("Content-Length"), "4");
  assert.deepEqual(web.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
  assert.equal(await web.text(), "body");
  assert.ok(response.closed);
});

test("pulls one chunk at a time, none before it is read, and closes at the end", async () => {
  let pulled = 0;
  const response = new StreamingHttpResponse(function* () {
    for (; pulled < 3; pulled += 1) yield pulled === 1 ? "" : "x";
  });
  const web = toWebResponse(response);
  await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(pulled, 0);
  const reader = web.body?.getReader();
  await reader?.read();
  await new Promise((resolve) => void setImmediate(resolve));
  assert.equal(pulled, 0);
  assert.equal((await reader?.read())?.done, false);
  assert.equal((await reader?.read())?.done, true);
  await response.close();
  assert.equal(pulled, 3);
});

test("closes the response with the reason when the Web body is cancelled", async () => {
  let reason: unknown;
  const response = new StreamingHttpResponse(async function* ({ signal }) {
    signal.addEventListener("abort", () => (reason = signal.reason));
    yield "a";
    await new Promise(() => undefined);
  });
  const reader = toWebResponse(response).body?.getReader();
  await reader?.read();
  await reader?.cancel("left");
  assert.equal(reason, "left");
  assert.ok(response.closed);
});

test("fails the reading when the body fails, and closes", async () => {
  const response = new StreamingHttpResponse(function* () {
    yield "a";
    throw new Error("broken");
  });
  await assert.rejects(toWebResponse(response).text(), /broken/);
  await response.close();
  assert.ok(response.closed);
});

test("gives HEAD and bodiless statuses no body, and closes at once", async () => {
  const head = new StreamingHttpResponse(() => assert.fail("pulled"));
  assert.equal(toWebResponse(head, new Request("http://localhost", { method: "HEAD" })).body, null);
  const unchanged = new StreamingHttpResponse(() => assert.fail("pulled"), { statusCode: 304 });
  assert.equal(toWebResponse(unchanged).body, null);
  await Promise.all([head.close(), unchanged.close()]);
  assert.equal(
    toWebResponse(new HttpResponse("four"), { method: "HEAD", headers: {} }).headers.get("Content-Length"),
    "4",
  );
});

test("answers a file's Range when it is given the request", async () => {
  const request = new Request("http://localhost", { headers: { Range: "bytes=0-1" } });
  const web = toWebResponse(await FileResponse.open("package.json"), request);
  assert.deepEqual([web.status, await web.text()], [206, "{\n"]);
});

test("converts a Web response, and keeps its cookies unchanged", async () => {
  const headers = new Headers({ "X-A": "1" });
  headers.append("Set-Cookie", "a=1; Path=/a");
  headers.append("Set-Cookie", "a=2; Path=/b");
  const response = fromWebResponse(new Response("body", { status: 202, statusText: "Well", headers }));
  assert.ok(response.streaming);
  assert.deepEqual(
    [response.statusCode, response.reasonPhrase, response.headers.get("x-a")],
    [202, "Well", "1"],
  );
  assert.deepEqual(response.cookies, ["a=1; Path=/a", "a=2; Path=/b"]);
  response.setCookie("a", "3");
  assert.deepEqual(response.cookies, ["a=3; Path=/"]);
  assert.equal(await collect(response), "body");
});

test("converts one without a body to an empty buffered response, and adds no type", () => {
  const response = fromWebResponse(new Response(null, { status: 204 }));
  assert.equal(response.streaming, false);
  assert.deepEqual([...response.headers], []);
});

test("cancels a Web body that isn't sent", async () => {
  let reason: unknown;
  const response = fromWebResponse(new Response(new ReadableStream({ cancel: (why) => (reason = why) })));
  await response.close("not needed");
  assert.equal(reason, "not needed");
});

test("cancels a Web body whose headers it refuses", () => {
  let wasCancelled = false;
  const body = new ReadableStream({ cancel: () => void (wasCancelled = true) });
  const web = new Response(body, { headers: { "X-A": "a\u0001b" } });
  assert.throws(() => fromWebResponse(web), { code: "SCSV_BAD_HEADER" });
  assert.equal(wasCancelled, true);
});

test("makes reading fail when the response is closed before its end", async () => {
  const response = new StreamingHttpResponse(async function* () {
    yield "first";
    void response.close();
    yield "second";
  });
  await assert.rejects(toWebResponse(response).text(), { code: "SCSV_CANCELLED" });
});

test("passes on what fetch decoded without the headers of the coded body", async (t) => {
  const origin = createServer((_req, res) => {
    const body = zlib.gzipSync("decoded");
    res
      .writeHead(200, { "Content-Encoding": "gzip", "Content-Length": body.byteLength, "X-A": "1" })
      .end(body);
  }).listen(0, "127.0.0.1");
  await once(origin, "listening");
  t.after(() => origin.close());
  const served = await serve(t, async () =>
    fromWebResponse(await fetch(`http://127.0.0.1:${portOf(origin)}/`)),
  );
  const response = await fetch(served.url);
  assert.deepEqual(
    [await response.text(), response.headers.get("Content-Encoding"), response.headers.get("X-A")],
    ["decoded", null, "1"],
  );
  origin.closeAllConnections();
});

test("keeps the coding of a body that fetch didn't decode", async (t) => {
  const codings = [
    "compress",
    "gzip, unknown",
    "",
    ...(Reflect.has(zlib, "createZstdCompress") ? [] : ["zstd"]),
  ];
  const origin = createServer((req, res) => {
    res.writeHead(200, { "Content-Encoding": codings[Number(req.url?.slice(1))] ?? "" }).end("coded");
  }).listen(0, "127.0.0.1");
  await once(origin, "listening");
  t.after(() => origin.close().closeAllConnections());
  for (const [index, coding] of codings.entries()) {
    const response = fromWebResponse(await fetch(`http://127.0.0.1:${portOf(origin)}/${index}`));
    assert.equal(response.headers.get("Content-Encoding"), coding);
    assert.ok(response.streaming);
    assert.equal((await HttpResponse.from(response.streamingContent)).text, "coded");
  }
});

test("stays the same when it is converted there and back", async () => {
  const response = fromWebResponse(
    toWebResponse(new StreamingHttpResponse(["a", "b"], { contentType: "text/csv" })),
  );
  assert.ok(response.streaming);
  assert.equal(response.headers.get("Content-Type"), "text/csv");
  assert.equal(await collect(response), "ab");
});

test("refuses a value that is not a Web response, has failed, or is being read", async () => {
  const read = new Response("a");
  await read.text();
  for (const web of [{}, null, Response.error(), read]) {
    assert.throws(() => Reflect.apply(fromWebResponse, undefined, [web]), {
      name: "TypeError",
      code: "SCSV_ARG_TYPE",
    });
  }
});
