import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { startServe } from "../harness/cli.ts";
import { makeIdentity } from "../harness/tls.ts";

interface Stats {
  readonly connections: { readonly open: number };
  readonly spool: { readonly leases: number };
  readonly workers: readonly { readonly busySlots: number }[];
}

const rounds = 12;
const clients = 8;
const target = "/exports/orders.csv?rows=20000&delivery=file";

const skip = process.platform === "linux" ? false : "needs /proc and SIGSTOP";

function childOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);
}

/** A client whose handshake is complete for itself, and not yet for the server. */
async function shakeHands(port: number, onSecure: () => void): Promise<readonly [TLSSocket, Socket]> {
  const tcp = connectTcp({ port, host: "127.0.0.1" });
  const tls = connect({ socket: tcp, rejectUnauthorized: false });
  for (const socket of [tcp, tls]) socket.on("error", () => undefined);
  await once(tls, "secureConnect");
  onSecure();
  return [tls, tcp];
}

test(
  "gives up TLS clients that reset their connections while the server ends the handshake",
  { skip, timeout: 240_000 },
  async () => {
    await using identity = await makeIdentity();
    await using server = await startServe(["--tls-cert", identity.certFile, "--tls-key", identity.keyFile]);
    const port = Number(new URL(server.url).port);
    const worker = childOf(server.process.pid);
    for (let round = 0; round < rounds; round += 1) {
      const hold = (): boolean => process.kill(worker, "SIGSTOP");
      const pending = Array.from({ length: clients }, () => shakeHands(port, hold));
      // The worker stands still from the first handshake on; those of the others end in the next rounds.
      const [tls, tcp] = await Promise.any(pending);
      tls.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await sleep(20);
      tcp.resetAndDestroy();
      process.kill(worker, "SIGCONT");
      for (const one of await Promise.all(
        pending.map((each) => each.finally(() => process.kill(worker, "SIGCONT"))),
      )) {
        one[0].write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
        process.kill(worker, "SIGSTOP");
        await sleep(5);
        one[1].resetAndDestroy();
        process.kill(worker, "SIGCONT");
      }
    }
    for (;;) {
      const numbers = await get(`${server.url}/stats`, identity.cert);
      const { connections, spool, workers } = JSON.parse(numbers) as Stats;
      if (connections.open <= 1 && spool.leases === 0 && workers.every(({ busySlots }) => busySlots === 0))
        break;
      await sleep(100);
    }
    server.process.kill("SIGTERM");
    assert.equal((await server.ended).exitCode, 0);
  },
);

async function get(url: string, ca: string): Promise<string> {
  const req = request(url, { ca, agent: false }).end();
  const [response] = (await once(req, "response")) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
