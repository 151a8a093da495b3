import assert from "node:assert/strict";
import { test } from "node:test";
import { bearer, startGuarded, token } from "../harness/access-server.ts";

interface Problem {
  readonly code: string;
  readonly detail: string;
}

test("the slots of a token are counted over all workers, and come back with each transfer", async () => {
  const tokens = [token("two", { slots: 2 }), token("free"), token("admin", { admin: true })];
  await using server = await startGuarded(tokens, { workers: 2 });
  const start = (who: string): Promise<Response> =>
    fetch(`${server.url}/exports/orders.csv?rows=5000000`, bearer(who));
  const held = [await start("two"), await start("two")];
  assert.deepEqual(
    held.map(({ status }) => status),
    [200, 200],
  );
  // Several, so that each worker is asked.
  for (let turn = 0; turn < 4; turn += 1) {
    const refused = await start("two");
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    const { code, detail } = (await refused.json()) as Problem;
    assert.equal(code, "SCSV_TOKEN_LIMIT");
    assert.match(detail, /All 2 slots/);
  }
  const another = await start("free");
  assert.equal(another.status, 200);
  await another.body?.cancel();
  const head = await fetch(`${server.url}/exports/orders.csv`, { method: "HEAD", ...bearer("two") });
  assert.equal(head.status, 200);
  await held[0]?.body?.cancel();
  let again = await start("two");
  while (again.status === 429) again = await start("two");
  assert.equal(again.status, 200);
  for (const response of [held[1], again]) await response?.body?.cancel();
});

test("a token's slot comes back when the worker that held it dies", async () => {
  await using server = await startGuarded([token("one", { slots: 1 }), token("admin", { admin: true })]);
  const start = (): Promise<Response> =>
    fetch(`${server.url}/exports/orders.csv?rows=5000000`, bearer("one"));
  const held = await start();
  assert.equal((await start()).status, 429);
  const stats = (await (await fetch(`${server.url}/stats`, bearer("admin"))).json()) as {
    readonly workers: readonly { readonly pid: number }[];
  };
  process.kill(stats.workers[0]?.pid ?? 0, "SIGKILL");
  await assert.rejects(held.text());
  // A connection that reached the dying worker is reset.
  let again = await start().catch(() => undefined);
  while (again === undefined || again.status === 429) again = await start().catch(() => undefined);
  assert.equal(again.status, 200);
  await again.body?.cancel();
});

test("the rate of a token doesn't count exports that find no slot of the worker", async () => {
  const tokens = [token("once", { rate: "1/h", slots: 1 }), token("free")];
  await using server = await startGuarded(tokens, { slots: 1, queue: 0 });
  const start = (who: string): Promise<Response> =>
    fetch(`${server.url}/exports/orders.csv?rows=5000000`, bearer(who));
  const held = await start("free");
  assert.equal(held.status, 200);
  for (let turn = 0; turn < 3; turn += 1) {
    const refused = await start("once");
    assert.equal(refused.status, 503);
    await refused.arrayBuffer();
  }
  await held.body?.cancel();
  let first = await start("once");
  while (first.status === 503) first = await start("once");
  assert.equal(first.status, 200);
  await first.body?.cancel();
  let second = await start("once");
  // While its slot isn't back yet, the answer is another 429.
  while (/slots/.test(((await second.clone().json()) as Problem).detail)) second = await start("once");
  assert.equal(second.status, 429);
  assert.match(((await second.json()) as Problem).detail, /has started 1 exports in 3600 s/);
});

test("the rate of a token counts the exports that it starts, by any worker", async () => {
  await using server = await startGuarded([token("three", { rate: "3/h" })], { workers: 2 });
  const start = (): Promise<Response> => fetch(`${server.url}/exports/orders.csv?rows=1`, bearer("three"));
  for (let turn = 0; turn < 3; turn += 1) {
    const response = await start();
    assert.equal(response.status, 200);
    await response.text();
  }
  const refused = await start();
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) > 3000);
  assert.match(((await refused.json()) as Problem).detail, /3 exports in 3600 s/);
  assert.equal((await fetch(`${server.url}/exports`, bearer("three"))).status, 200);
});

test("mostRows refuses an export of more rows with a 400 that names the numbers, and caps nothing", async () => {
  await using server = await startGuarded([token("any")], { http: { mostRows: 50 } });
  const ask = (query: string): Promise<Response> =>
    fetch(`${server.url}/exports/orders.csv${query}`, bearer("any"));
  for (const query of ["", "?rows=51", "?rows=51&delivery=file"]) {
    const refused = await ask(query);
    assert.equal(refused.status, 400, query);
    const { code, detail } = (await refused.json()) as Problem;
    assert.equal(code, "SCSV_BAD_PARAMETER");
    assert.match(detail, /51 rows|1000000 rows/);
    assert.match(detail, /50 are allowed/);
  }
  const whole = await ask("?rows=50&columns=id");
  assert.equal((await whole.text()).trim().split("\r\n").length, 51);
});
