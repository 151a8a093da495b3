import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { between } from "../pick.ts";
import { limits } from "../subject/server-command.ts";
import type { FaultContext, FaultKind } from "./fault.ts";

/** More than the descriptors of all workers together. */
const connections = limits.descriptors * (limits.workers + 1);

/** Opens so many connections that descriptors run out; the server has a low limit of them. */
export const connectionFaults: Readonly<Record<string, FaultKind>> = {
  "descriptors exhausted": {
    lane: "connection",
    inject: (context) => floodConnections(context, ""),
  },
  "descriptors exhausted by half-sent heads": {
    lane: "connection",
    inject: (context) => floodConnections(context, "GET /exports/orders.csv HTTP/1.1\r\nHost: localhost\r\n"),
  },
};

async function floodConnections({ begin, random, server }: FaultContext, text: string): Promise<void> {
  const forMs = between(random, 2000, 6000);
  const end = begin(
    `${connections} connections ${text === "" ? "say nothing" : "send half a head"} for ${(forMs / 1000).toFixed(1)} s, where a process has ${limits.descriptors} descriptors`,
  );
  const sockets: Socket[] = [];
  for (let count = 0; count < connections; count += 1) {
    const socket = connect({ host: "127.0.0.1", port: server.port });
    // The server may refuse or reset the connection; both are correct.
    socket.on("error", () => undefined).resume();
    if (text !== "") socket.write(text);
    sockets.push(socket);
    if (count % 50 === 0) await sleep(10);
  }
  await sleep(forMs);
  const resets = random() < 0.5;
  for (const socket of sockets) {
    if (resets && !socket.destroyed && !socket.connecting) socket.resetAndDestroy();
    else socket.destroy();
  }
  end();
}
