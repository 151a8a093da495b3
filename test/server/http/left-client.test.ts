import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ClientConnection } from "../../../src/server/http/client-connection.ts";
import { isConnected } from "../../../src/socket/is-connected.ts";

/** Long enough for one probe and for the look at what came of it, and too short for a second probe. */
const [untilProbeMs, untilLookMs] = [50, 20];

test(
  "a client that left while its answer is made is given up after one probe, one that half-closed is kept",
  { timeout: 20_000 },
  async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const sockets: Socket[] = [];
    const answers: ServerResponse[] = [];
    const connections = new Map<Socket, ClientConnection>();
    const server = createServer((req, res) => {
      connections.get(req.socket)?.begin(req, res);
      answers.push(res);
    });
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on("connection", (socket: Socket) => {
      sockets.push(socket);
      connections.set(socket, new ClientConnection(socket, () => undefined));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const ask = async (): Promise<readonly [client: Socket, inServer: Socket]> => {
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const count = answers.length;
      while (answers.length === count) await nextTurn();
      return [client, sockets.at(-1)!];
    };

    const [left, leftInServer] = await ask();
    left.destroy();
    await once(leftInServer, "end");
    t.mock.timers.tick(untilProbeMs);
    while (isConnected(leftInServer)) await nextTurn();
    t.mock.timers.tick(untilLookMs);
    if (!leftInServer.closed) await once(leftInServer, "close");

    const [waiting, waitingInServer] = await ask();
    let text = "";
    waiting.setEncoding("latin1").on("data", (part: string) => (text += part));
    waiting.end();
    await once(waitingInServer, "end");
    t.mock.timers.tick(untilProbeMs);
    t.mock.timers.tick(untilLookMs);
    while (!text.includes("\r\n\r\n")) await nextTurn();
    answers.at(-1)?.end("late");
    await once(waiting, "end");
    assert.match(text, /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*late/);
    waiting.destroy();
    server.closeAllConnections();
    server.close();
  },
);
