import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:https";
import { test, type TestContext } from "node:test";
import { StreamingHttpResponse, send, type SendOptions, type SendOutcome } from "../../src/index.ts";
import { endWithUs } from "../harness/children.ts";
import { certificate } from "../harness/tls.ts";
import { portOf } from "./serving.ts";

const chunk = new Uint8Array(64 * 1024).fill(97);

/**
 * Sends an endless body by TLS to a curl that is stopped until the sending has ended.
 *
 * Not to a client of Node: libuv takes a reset for an end when data is left to read before it.
 */
async function stall(t: TestContext, version: "1.0" | "1.1", options: () => SendOptions) {
  let closed = 0;
  const server = createServer(
    { ...(await certificate()), ALPNProtocols: ["http/1.1", "http/1.0"] },
    (req, res) => {
      client.kill("SIGSTOP");
      const body = (function* () {
        try {
          for (;;) yield chunk;
        } finally {
          closed += 1;
        }
      })();
      void send(new StreamingHttpResponse(body), req, res, options()).then((outcome) =>
        server.emit("outcome", outcome),
      );
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const args = ["--silent", "--insecure", `--http${version}`, "--output", "/dev/null"];
  const client = spawn("curl", [...args, `https://127.0.0.1:${portOf(server)}/`]);
  endWithUs(client);
  const [result] = (await once(server, "outcome")) as [SendOutcome];
  client.kill("SIGCONT");
  const [exitCode] = (await once(client, "close")) as [number];
  return { result, exitCode, closed };
}

for (const version of ["1.0", "1.1"] as const) {
  test(`cuts a TLS client of HTTP/${version} that takes nothing for the idle time-out`, async (t) => {
    const { result, exitCode, closed } = await stall(t, version, () => ({ idleTimeoutMs: 300 }));
    assert.equal(result.state, "timed-out");
    assert.equal(closed, 1);
    // What the kernel has is a few megabytes, not an endless body.
    assert.ok(result.bytes < 32 * 1024 ** 2, String(result.bytes));
    assert.notEqual(exitCode, 0);
  });

  test(`cuts a TLS client of HTTP/${version} when the transfer is cancelled`, async (t) => {
    const { result, exitCode, closed } = await stall(t, version, () => ({
      signal: AbortSignal.timeout(300),
    }));
    assert.equal(result.state, "cancelled");
    assert.equal(closed, 1);
    assert.notEqual(exitCode, 0);
  });
}
