import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { createServer as createTlsServer } from "node:https";
import { certificate } from "../../harness/tls.ts";
import { askOnce, untilReady, type ProbeAnswer } from "../../../bench/probe/until-ready.ts";

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

test("says of a certificate that nobody trusts which variable names its authority", async (t) => {
  const server = createTlsServer(await certificate(), (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const answer = await askOnce(url, { signal: new AbortController().signal, limitMs: 60_000 });
  assert.match(
    answer.state === "silent" ? answer.reason : "",
    /^has a certificate that isn't trusted \(self-signed certificate\); .* NODE_EXTRA_CA_CERTS$/,
  );
});
