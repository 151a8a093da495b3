import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../../src/server.ts";
import { statsOf } from "../harness/ask.ts";
import { connectTo, get } from "../harness/raw-client.ts";

const skip = process.platform === "linux" ? false : "needs all of 127.0.0.0/8 on loopback";

/** The answer to a request from an address of its own. */
async function askFrom(localAddress: string, url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  await once(socket, "connect");
  socket.setEncoding("utf8").write(get("/ping", { Connection: "close" }));
  let text = "";
  for await (const part of socket) text += String(part);
  return text;
}

for (const workerModel of ["async", "sync"] as const)
  test(`${workerModel} workers: an address has so many connections, and others go on`, { skip }, async () => {
    const server = await startServer({
      port: 0,
      log: { level: "silent" },
      workers: 4,
      workerModel,
      http: { connectionsPerAddress: 3 },
    });
    try {
      const open = await Promise.all([1, 2, 3].map(async () => (await connectTo(server.url)).socket));
      const refused = await askFrom("127.0.0.1", server.url);
      assert.match(
        refused,
        /^HTTP\/1\.1 429 [\s\S]*\r\nRetry-After: 1\r\n[\s\S]*3 connections of your address are open/,
      );
      assert.match(refused, /SCSV_TOO_MANY_CONNECTIONS/);
      for (let turn = 0; turn < 5; turn += 1)
        assert.match(await askFrom("127.0.0.2", server.url), /^HTTP\/1\.1 200 /);
      const isServed = async (): Promise<boolean> =>
        (await askFrom("127.0.0.1", server.url)).startsWith("HTTP/1.1 200 ");
      open[0]?.destroy();
      while (!(await isServed())) await sleep(5);
      // What came and went since then isn't counted any more.
      for (let turn = 0; turn < 5; turn += 1) while (!(await isServed())) await sleep(5);
      open.push((await connectTo(server.url)).socket);
      while (await isServed()) await sleep(5);
      for (const socket of open) socket.destroy();
      while (!(await isServed())) await sleep(5);
    } finally {
      server.kill();
      await server.stopped;
    }
  });

test("connections of a worker that died are counted no longer", { skip }, async () => {
  const server = await startServer({
    port: 0,
    log: { level: "silent" },
    http: { connectionsPerAddress: 2 },
  });
  try {
    const isServed = async (): Promise<boolean> =>
      (await askFrom("127.0.0.1", server.url)).startsWith("HTTP/1.1 200 ");
    const [worker] = (await statsOf(server)).workers;
    // The connection on which the numbers were asked is kept open, and may close meanwhile.
    const open = [await connectTo(server.url)];
    while (await isServed()) open.push(await connectTo(server.url));
    process.kill(worker?.pid ?? 0, "SIGKILL");
    while (!(await isServed().catch(() => false))) await sleep(5);
    for (const { socket } of open) socket.destroy();
  } finally {
    server.kill();
    await server.stopped;
  }
});
