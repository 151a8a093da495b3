import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { test } from "node:test";
import { measureNeighbors } from "../../../bench/session/measure/measure-neighbors.ts";
import type { ServedExport } from "../../../bench/session/session.ts";
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

/** A server whose workers serve one connection at a time, as long as requests come over it; others wait. */
async function startPrefork(workers: number): Promise<Server> {
  const waiting: Socket[] = [];
  let busy = 0;
  const serve = (socket: Socket): void => {
    busy += 1;
    socket.on("close", () => {
      busy -= 1;
      const next = waiting.shift();
      if (next !== undefined) serve(next);
    });
    socket.setEncoding("latin1").on("data", (text) => {
      const isExport = String(text).startsWith("GET /export");
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Length: ${isExport ? 6 : 4}\r\n\r\n${isExport ? "id\r\n1\n" : "pong"}`,
      );
      if (isExport) socket.end();
    });
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    if (busy < workers) serve(socket);
    else waiting.push(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

function servedBy(server: Server): ServedExport {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
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
}

/** Idle for long enough for an answer on a busy machine: without any, nothing could be counted. */
const times = { warmUpMs: 100, idleMs: 500, busyMs: 100, starvedMs: 5000 };

for (const [title, field] of Object.entries(length)) {
  test(`counts short answers ${title}, or says that it can't`, async (t) => {
    const server = await startOwn(field);
    t.after(() => server.close());
    const bodies: number[] = [];
    const count = await measureNeighbors(servedBy(server), times, ({ bodyBytes }) => bodies.push(bodyBytes));
    assert.deepEqual(new Set(bodies), new Set(field === "" ? [] : [6]));
    if (field === "") assert.deepEqual(count, { state: "uncounted", idleMs: times.idleMs });
    else assert.ok(count.state === "counted" && (count.measured.ping_per_s_idle ?? 0) > 0);
  });
}

for (const [workers, state] of [
  [2, "starved"],
  [9, "counted"],
] as const) {
  test(`an export that waits for one of ${workers} workers beside short requests that stay is ${state === "starved" ? "starved, and not an error" : "counted"}`, async (t) => {
    const server = await startPrefork(workers);
    t.after(() => server.close());
    const bodies: number[] = [];
    // Long enough for an answer on a busy machine: without any, nothing could be counted.
    const patient = { ...times, idleMs: 500, starvedMs: 300 };
    const count = await measureNeighbors(servedBy(server), patient, ({ bodyBytes }) =>
      bodies.push(bodyBytes),
    );
    assert.equal(count.state, state);
    // The one that waited was served when the short requests had stopped.
    assert.ok(bodies.length > 0 && bodies.every((bytes) => bytes === 6));
  });
}
