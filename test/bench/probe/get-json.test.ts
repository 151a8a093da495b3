import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getJson } from "../../../bench/probe/get-json.ts";

async function listen(t: TestContext, answer: (socket: Socket) => void): Promise<URL> {
  const server = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined).once("data", () => answer(socket));
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/stats`);
}

const { signal } = new AbortController();

const answers: Readonly<Record<string, (socket: Socket) => void>> = {
  "resets the connection": (socket) => socket.resetAndDestroy(),
  "closes the connection": (socket) => socket.end(),
  "ends in the midst of a body": (socket) =>
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", () => socket.destroy()),
  "doesn't speak HTTP": (socket) => socket.end("220 mail.example.com ESMTP\r\n"),
};
for (const [what, answer] of Object.entries(answers))
  test(`names the address that ${what}`, async (t) => {
    const url = await listen(t, answer);
    await assert.rejects(getJson(url, { signal }), (error: Error & { code?: string }) => {
      assert.equal(error.code, "SCSV_MEASUREMENT_INVALID");
      assert.ok(error.message.startsWith(`${url.href} gave no answer: `), error.message);
      return true;
    });
  });

test("gives the reason of an abort as it is", async (t) => {
  const url = await listen(t, () => undefined);
  const ending = new AbortController();
  const asked = getJson(url, { signal: ending.signal });
  ending.abort();
  await assert.rejects(asked, { name: "AbortError" });
});

test("gives up in time when garbage is collected meanwhile, and says so", async (t) => {
  const url = await listen(t, () => undefined);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const collecting = setInterval(collect, 10);
  t.after(() => clearInterval(collecting));
  const asked = getJson(url, { signal: new AbortController().signal, timeoutMs: 200 });
  const late = sleep(5000, "nothing", { ref: false });
  await assert.rejects(Promise.race([asked, late]), {
    code: "SCSV_MEASUREMENT_INVALID",
    message: `${url.href} gave no answer within 0.2 s.`,
  });
});
