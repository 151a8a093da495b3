import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import { test, type TestContext } from "node:test";
import { StreamingHttpResponse, send, type SendOptions, type SendOutcome } from "../../src/index.ts";
import { certificate, connectTls, readToEnd } from "../harness/tls.ts";
import { portOf } from "./serving.ts";

const chunk = new Uint8Array(64 * 1024).fill(97);

/** Sends an endless body by TLS to a client that reads its head only; `options` decide how it ends. */
async function stall(t: TestContext, version: "1.0" | "1.1", options: SendOptions) {
  const { cert, key } = await certificate();
  let closed = 0;
  let sent: ((outcome: SendOutcome) => void) | undefined;
  const outcome = new Promise<SendOutcome>((resolve) => (sent = resolve));
  const server = createServer({ cert, key }, (req, res) => {
    const body = (function* () {
      try {
        for (;;) yield chunk;
      } finally {
        closed += 1;
      }
    })();
    void send(new StreamingHttpResponse(body), req, res, options).then(sent);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const socket = await connectTls(`https://127.0.0.1:${portOf(server)}`, cert);
  socket.write(`GET / HTTP/${version}\r\nHost: localhost\r\n\r\n`);
  await once(socket, "readable");
  const result = await outcome;
  const received = await readToEnd(socket.resume());
  return { result, received, closed };
}

for (const version of ["1.0", "1.1"] as const) {
  test(`cuts a TLS client of HTTP/${version} that takes nothing for the idle time-out`, async (t) => {
    const { result, received, closed } = await stall(t, version, { idleTimeoutMs: 300 });
    assert.equal(result.state, "timed-out");
    assert.equal(closed, 1);
    // What the kernel has is a few megabytes, not an endless body.
    assert.ok(result.bytes < 32 * 1024 ** 2, String(result.bytes));
    assert.doesNotMatch(received.text, /\r\n0\r\n\r\n$/);
    if (version === "1.0") assert.equal(received.errorCode, "ECONNRESET");
  });

  test(`cuts a TLS client of HTTP/${version} when the transfer is cancelled`, async (t) => {
    const signal = AbortSignal.timeout(300);
    const { result, received, closed } = await stall(t, version, { signal });
    assert.equal(result.state, "cancelled");
    assert.equal(closed, 1);
    assert.doesNotMatch(received.text, /\r\n0\r\n\r\n$/);
    if (version === "1.0") assert.equal(received.errorCode, "ECONNRESET");
  });
}
