import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { csvChunks, csvResponse, send, type SendOutcome, toWebResponse } from "../src/index.ts";
import { portOf } from "./response/serving.ts";

/** Rows that take several slices of the event loop. */
async function* slowRows(): AsyncGenerator<{ readonly id: number }, void, undefined> {
  const endMs = performance.now() + 20;
  for (let id = 0; performance.now() < endMs || id < 5000; id += 1) yield { id };
}

/** Stops the turns of the event loop that the timers of a test stand in for. */
function stopTurns(t: TestContext): void {
  t.mock.timers.enable({ apis: ["setImmediate"] });
  let hasCome = false;
  setImmediate(() => (hasCome = true));
  t.after(() => assert.ok(!hasCome, "the test's timers went on"));
}

test(
  "converts and sends a response while the timers of a test stand still",
  { timeout: 60_000 },
  async (t) => {
    let sending: Promise<SendOutcome> | undefined;
    const server = createServer((req, res) => {
      sending = send(csvResponse(slowRows), req, res);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close().closeAllConnections());
    stopTurns(t);
    assert.match(await toWebResponse(csvResponse(slowRows)).text(), /\r\n4999\r\n/);
    const answer = await fetch(`http://127.0.0.1:${portOf(server)}/`);
    assert.match(await answer.text(), /\r\n4999\r\n/);
    assert.equal((await sending)?.state, "completed");
  },
);

test(
  "gives the first rows of a waiting producer while the timers of a test stand still",
  { timeout: 60_000 },
  async (t) => {
    let goOn = (): void => undefined;
    const more = new Promise<void>((resolve) => (goOn = resolve));
    const chunks = csvChunks(async function* () {
      yield { id: 1 };
      await more;
      yield { id: 2 };
    });
    stopTurns(t);
    const first = await chunks.next();
    assert.match(Buffer.from(first.value ?? []).toString(), /^id\r\n1\r\n/);
    goOn();
    let rest = "";
    for await (const chunk of chunks) rest += Buffer.from(chunk).toString();
    assert.match(rest, /2\r\n$/);
  },
);
