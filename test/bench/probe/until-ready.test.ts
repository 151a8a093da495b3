import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { untilReady, type ProbeAnswer } from "../../../bench/probe/until-ready.ts";

test("gives a server that is slow to answer more time with each request, until it answers", async (t) => {
  const server = createServer((_, response) => {
    const timer = setTimeout(() => response.end("ready"), 150);
    response.on("close", () => clearTimeout(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`);
  const { signal } = new AbortController();
  const answers: ProbeAnswer[] = [];
  assert.equal(await untilReady([url], { signal, limitMs: 20 }, (answer) => answers.push(answer)), url);
  assert.ok(answers.length > 1);
  assert.equal(answers[0]?.state, "silent");
  assert.deepEqual(answers.at(-1), { state: "answered", statusCode: 200 });
});
