import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { identify } from "../../src/server/http/request-identity.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("keeps a request id of visible ASCII, and makes one for any other", () => {
  assert.equal(identify({ "x-request-id": "req/1:é".slice(0, 6) }).requestId, "req/1:");
  assert.equal(identify({ "x-request-id": "x".repeat(128) }).requestId, "x".repeat(128));
  for (const bad of ["", "x".repeat(129), "a b", "tab\t", "é", "\u007f"])
    assert.match(identify({ "x-request-id": bad }).requestId, uuid, JSON.stringify(bad));
  assert.notEqual(identify({}).requestId, identify({}).requestId);
});

for (const traceparent of [
  `00-${traceId}-${parentId}-01`,
  `00-${traceId}-${parentId}-ff`,
  `01-${traceId}-${parentId}-00`,
  `cc-${traceId}-${parentId}-00-what-the-future-has`,
]) {
  test(`reads the traceparent ${traceparent}`, () => {
    const { traceId: trace, parentId: parent } = identify({ traceparent });
    assert.deepEqual([trace, parent], [traceId, parentId]);
  });
}

for (const traceparent of [
  "",
  `00-${traceId}-${parentId}`,
  `00-${traceId}-${parentId}-01-more`,
  `00-${traceId}-${parentId}-1`,
  `ff-${traceId}-${parentId}-01`,
  `00-${"0".repeat(32)}-${parentId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${parentId}-01`,
  `01-${traceId}-${parentId}-00x`,
  ` 00-${traceId}-${parentId}-01`,
  `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`,
]) {
  test(`ignores the traceparent ${JSON.stringify(traceparent)}`, () => {
    assert.deepEqual(Object.keys(identify({ traceparent })), ["requestId"]);
  });
}

test("repeats the request id on exports, short requests, HEAD and faults", async () => {
  for (const path of ["/ping", "/exports/orders.csv?rows=3", "/nothing", "/exports/orders.csv?rows=x"]) {
    for (const method of ["GET", "HEAD"]) {
      const response = await fetch(server.url + path, { method, headers: { "X-Request-Id": "mine-1" } });
      assert.equal(response.headers.get("x-request-id"), "mine-1", `${method} ${path}`);
      await response.arrayBuffer();
    }
  }
  assert.match((await fetch(`${server.url}/ping`)).headers.get("x-request-id") ?? "", uuid);
});

test("repeats the request id when an export fails before its first byte", async () => {
  const response = await fetch(`${server.url}/exports/orders.csv?rows=9000&formulas=reject`, {
    headers: { "X-Request-Id": "mine-2" },
  });
  assert.equal(response.status, 500);
  assert.equal(response.headers.get("x-request-id"), "mine-2");
  const line = await server.logged(({ requestId }) => requestId === "mine-2");
  assert.equal(line["state"], "failed");
});

test("writes request id, trace and parent into the line of a transfer", async () => {
  const headers = { "X-Request-Id": "mine-3", traceparent: `00-${traceId}-${parentId}-01` };
  const response = await fetch(`${server.url}/exports/orders.csv?rows=3`, { headers });
  await response.text();
  const line = await server.logged(({ requestId }) => requestId === "mine-3");
  assert.equal(line["transfer"], response.headers.get("x-transfer-id"));
  assert.deepEqual([line["traceId"], line["parentId"]], [traceId, parentId]);
});
