import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { connectTo, rawAnswers } from "../harness/raw.ts";

const host = "Host: localhost\r\n";
const tunnel = `CONNECT example.org:443 HTTP/1.1\r\n${host}\r\n`;
const get = (target: string): string => `GET ${target} HTTP/1.1\r\n${host}\r\n`;

/** Much more than a socket's buffers hold, so that the answer must go on after the tunnel was refused. */
const rows = 200_000;
const long = {
  "a buffered export": `/exports/orders.csv?rows=${rows}&delivery=buffered`,
  "a prepared file": `/exports/orders.csv?rows=${rows}&delivery=file`,
  "a streamed export": `/exports/orders.csv?rows=${rows}`,
};
const short = { "the primary's numbers": "/stats", "a short export": "/exports/orders.csv?rows=2" };

describe("a request for a tunnel behind another request", { timeout: 240_000 }, () => {
  let server: ServeProcess;
  before(async () => {
    server = await startServe();
  });
  after(async () => {
    server.process.kill("SIGTERM");
    assert.equal((await server.ended).exitCode, 0);
  });

  for (const [what, target] of Object.entries({ ...long, ...short })) {
    test(`doesn't stop ${what} before it, to a client that reads slowly`, async () => {
      const socket = connectTo(server.url);
      socket.write(get(target) + tunnel);
      await once(socket, "readable");
      let text = "";
      for await (const chunk of socket) {
        text += (chunk as Buffer).toString("latin1");
        if (text.length < 1_000_000) await new Promise((resolve) => void setTimeout(resolve, 1));
      }
      assert.match(text, /^HTTP\/1\.1 200 /);
      const refusal = text.indexOf("HTTP/1.1 501 ");
      assert.ok(refusal > 0);
      if (target.includes(`rows=${rows}`))
        assert.match(text.slice(0, refusal), new RegExp(`\\n${rows},.*\\r\\n`));
    });

    test(`harms nobody when the client of ${what} resets the connection`, async () => {
      for (const delayMs of [0, 0, 0, 5, 20, 80]) {
        const socket = connectTo(server.url).on("error", () => undefined);
        await once(socket, "connect");
        socket.write(get(target) + tunnel);
        await new Promise((resolve) => void setTimeout(resolve, delayMs));
        socket.resetAndDestroy();
        await once(socket, "close");
      }
      const [answer] = (
        await rawAnswers(server.url, `GET /ping HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
      ).answers;
      assert.equal(answer?.status, 200);
      const ended = server.log().filter(({ msg }) => String(msg).startsWith("a worker ended"));
      assert.deepEqual(ended, []);
    });
  }

  test("leaves no slot taken and no connection open", async () => {
    for (;;) {
      const stats = (await (await fetch(`${server.url}/stats`)).json()) as {
        readonly connections: { readonly open: number };
        readonly workers: readonly { readonly busySlots: number }[];
      };
      if (stats.workers.every(({ busySlots }) => busySlots === 0) && stats.connections.open <= 1) return;
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  });
});
