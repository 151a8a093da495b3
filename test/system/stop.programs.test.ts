import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePort } from "../../bench/subject/process/find-free-port.ts";
import { startServe } from "../harness/cli.ts";
import { noNginx, startNginx, type Nginx } from "../harness/nginx.ts";
import { connectTo, get } from "../harness/raw-client.ts";

/** Stops a client must go through to meet the moment between two requests on a kept connection. */
const stops = 3;
const clients = 6;

/** Sends requests until the server is gone; all statuses go to one list. */
async function hammer({ socketPath }: Nginx, path: string, statuses: number[]): Promise<void> {
  for (;;) {
    const req = request({ socketPath, path, headers: { Host: "localhost" }, agent: false }).end();
    const [response] = (await once(req, "response")) as [IncomingMessage];
    response.resume();
    await once(response, "close");
    statuses.push(response.statusCode ?? 0);
    if (response.statusCode === 502) return;
  }
}

test(
  "loses no request on connections that nginx keeps when it stops under load",
  { skip: noNginx },
  async () => {
    const port = await findFreePort();
    await using nginx = await startNginx(`http://127.0.0.1:${port}`);
    for (let stop = 0; stop < stops; stop += 1) {
      await using server = await startServe(["--port", String(port)]);
      const paths = ["/exports", "/exports/orders.csv?rows=50"];
      const statuses: number[] = [];
      const hammering = Array.from({ length: clients }, (_, client) =>
        hammer(nginx, paths[client % 2] ?? "", statuses),
      );
      while (statuses.length < 20 * clients) await sleep(5);
      server.process.kill("SIGTERM");
      await Promise.all(hammering);
      assert.deepEqual(new Set(statuses), new Set([200, 502]));
      assert.equal((await server.ended).exitCode, 0);
    }
    // The remaining 502s are "connection refused", after the server stopped listening.
    const lost = nginx.log().match(/(?:prematurely closed|reset by peer|Broken pipe)[^\n]*/g) ?? [];
    assert.deepEqual(lost, []);
  },
);

test("says Connection: close on every answer from the moment it isn't ready, and keeps idle connections for a while", async () => {
  await using server = await startServe(["--shutdown-delay", "60s"]);
  const kept = await connectTo(server.url, get("/ping"));
  assert.doesNotMatch(await kept.firstBytes(), /Connection: close/);
  server.process.kill("SIGTERM");
  while ((await fetch(`${server.url}/readyz`)).status !== 503) await sleep(5);
  kept.socket.write(get("/ping"));
  assert.match(await kept.readAll(), /^HTTP\/1\.1 200 [\s\S]*\r\nConnection: close\r\n/);
  server.process.kill("SIGTERM");
  await server.ended;
});
