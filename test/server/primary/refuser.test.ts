import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { pino } from "pino";
import { test, type TestContext } from "node:test";
import { StreamCsvError } from "../../../src/errors.ts";
import { Refuser, type RefuserLimits } from "../../../src/server/primary/refuser.ts";
import { defaultHttpSettings } from "../../../src/server/shared/http-settings.ts";
import { connectTo, get, type RawClient } from "../../harness/raw-client.ts";

const reason = new StreamCsvError("SCSV_BUSY", "There is no room.", { retryAfterSeconds: 7 });

/** A refuser with a listener that passes it every connection, as the primary does. */
async function startRefusing(t: TestContext, limits: Partial<RefuserLimits> = {}) {
  const refuser = new Refuser(pino({ level: "silent" }), defaultHttpSettings, null, {
    headTimeoutMs: 5000,
    mostAtOnce: 10,
    ...limits,
  });
  const listener = createServer({ pauseOnConnect: true }, (socket) => refuser.refuse(socket, reason));
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const { port } = listener.address() as AddressInfo;
  t.after(() => {
    listener.close();
    refuser.close();
  });
  const connect = (request = ""): Promise<RawClient> => connectTo(`http://127.0.0.1:${port}`, request);
  return { refuser, listener, connect };
}

test("tells a client once why it is refused and when to try again, and closes the connection", async (t) => {
  const { refuser, connect } = await startRefusing(t);
  const client = await connect(get("/exports/orders.csv") + get("/ping"));
  const text = await client.readAll();
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(text, /\r\nContent-Type: application\/problem\+json\r\n/);
  assert.match(text, /\r\nRetry-After: 7\r\n/);
  assert.match(text, /\r\nConnection: close\r\n/);
  assert.match(text, /"detail":"There is no room\.","code":"SCSV_BUSY"/);
  assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
  await refuser.settled();
});

test("waits for a client that sends its request slowly, but not for ever", async (t) => {
  const { refuser, listener, connect } = await startRefusing(t, { headTimeoutMs: 50 });
  const accepted = once(listener, "connection") as Promise<[Socket]>;
  const client = await connect();
  await accepted;
  let isSettled = false;
  const settled = refuser.settled().then(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isSettled, false);
  assert.match(await client.readAll(), /^HTTP\/1\.1 408 /);
  await settled;
});

test("resets connections beyond its limit, and answers again when there are fewer", async (t) => {
  const { refuser, connect } = await startRefusing(t, { mostAtOnce: 1 });
  const silent = await connect();
  // The reset may come during the connect, or later.
  const beyond = connect(get("/ping")).then((client) => client.readAll());
  await assert.rejects(beyond, { code: "ECONNRESET" });
  silent.socket.destroy();
  await refuser.settled();
  const next = await connect(get("/ping"));
  assert.match(await next.readAll(), /^HTTP\/1\.1 503 /);
});

test("leaves no connection open when it is closed", async (t) => {
  const { refuser, listener, connect } = await startRefusing(t);
  const accepted = once(listener, "connection");
  const client = await connect();
  await accepted;
  refuser.close();
  assert.equal(await client.readAll(), "");
  await refuser.settled();
});
