import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test } from "node:test";
import { measureNeighbors } from "../../../bench/session/measure/measure-neighbors.ts";
import { systemClock } from "../../../src/clock.ts";

const length = { "with a length": "Content-Length: 4\r\n", "that ends with its connection": "" } as const;

/** A server of exports, whose answers to short requests have this in their head. */
async function startOwn(field: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (text) => {
      const isExport = String(text).startsWith("GET /export");
      const [head, body] = isExport
        ? ["Content-Length: 6\r\nConnection: close\r\n", "id\r\n1\n"]
        : [field, "pong"];
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n${body}`);
      if (isExport || field === "") socket.end();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

for (const [title, field] of Object.entries(length)) {
  test(`counts short answers ${title}, or says that it can't`, async (t) => {
    const server = await startOwn(field);
    t.after(() => server.close());
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const served = {
      session: { exportName: "export", clock: systemClock, signal: new AbortController().signal },
      server: {
        origin,
        pid: null,
        exportUrl: () => new URL("/export", origin),
        pingUrl: new URL("/ping", origin),
        statsUrl: null,
        lastWords: () => "",
        stop: () => Promise.resolve(),
      },
      request: { delivery: null, rows: 1 },
    };
    const times = { warmUpMs: 100, idleMs: 100, busyMs: 100 };
    const bodies: number[] = [];
    const measured = await measureNeighbors(served, times, ({ bodyBytes }) => bodies.push(bodyBytes));
    assert.deepEqual(new Set(bodies), new Set(field === "" ? [] : [6]));
    if (field === "") assert.deepEqual(new Set(Object.values(measured)), new Set([null]));
    else assert.ok((measured.ping_per_s_idle ?? 0) > 0);
  });
}
