import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer } from "../../src/server.ts";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { bearer, signed, startGuarded, token } from "../harness/access-server.ts";

const tokens = [
  token("right"),
  token("other", { exports: ["numbers", "te*"] }),
  token("expired", { expires: "2020-01-01" }),
  token("bound", { exports: ["orders"], parameters: { rows: 2, columns: "id" } }),
  token("unfit", { parameters: { rows: "many" } }),
  token("admin", { admin: true }),
];

let server: RunningServer & AsyncDisposable;
before(async () => {
  server = await startGuarded(tokens, { workers: 2 });
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(server.url + path, init);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

async function stats(): Promise<ServerStats> {
  return JSON.parse((await ask("/stats", bearer("admin"))).body) as ServerStats;
}

/** Paths, and what each caller gets there. */
const anyId = "00000000-0000-4000-8000-000000000000";
const routes: readonly (readonly [
  method: string,
  path: string,
  statuses: {
    readonly none: number;
    readonly right: number;
    readonly other: number;
    readonly admin: number;
    readonly link: number;
  },
])[] = [
  ["GET", "/ping", { none: 200, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/livez", { none: 200, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/readyz", { none: 200, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/", { none: 401, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/exports", { none: 401, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/exports/orders.csv?rows=1", { none: 401, right: 200, other: 404, admin: 200, link: 200 }],
  ["HEAD", "/exports/orders.csv?rows=1", { none: 401, right: 200, other: 404, admin: 200, link: 200 }],
  ["GET", "/exports/text.csv?rows=1", { none: 401, right: 200, other: 200, admin: 200, link: 200 }],
  ["GET", "/exports/nothing.csv", { none: 401, right: 404, other: 404, admin: 404, link: 404 }],
  [
    "POST",
    "/download/exports/orders.csv?rows=1",
    { none: 401, right: 200, other: 404, admin: 200, link: 403 },
  ],
  ["GET", "/download/exports/orders.csv", { none: 401, right: 405, other: 405, admin: 405, link: 405 }],
  ["POST", `/download/jobs/${anyId}.csv`, { none: 401, right: 404, other: 404, admin: 404, link: 403 }],
  ["GET", "/nothing", { none: 401, right: 404, other: 404, admin: 404, link: 404 }],
  ["POST", "/exports", { none: 401, right: 405, other: 405, admin: 405, link: 403 }],
  ["GET", "/stats", { none: 401, right: 403, other: 403, admin: 200, link: 403 }],
  ["GET", "/metrics", { none: 401, right: 403, other: 403, admin: 200, link: 403 }],
  ["GET", "/transfers", { none: 401, right: 200, other: 200, admin: 200, link: 403 }],
  ["GET", `/transfers/${anyId}`, { none: 401, right: 404, other: 404, admin: 404, link: 403 }],
  ["DELETE", `/transfers/${anyId}`, { none: 401, right: 404, other: 404, admin: 404, link: 403 }],
];

for (const [method, path, expected] of routes) {
  test(`${method} ${path}: each caller gets what it may have, and a refusal costs nothing`, async () => {
    const isOpen = expected.none === 200;
    const earlier = await stats();
    const refused = [
      await ask(path, { method }),
      ...(await Promise.all(
        ["wrong", "expired", "", "right2", "righ"].map((text) => ask(path, { method, ...bearer(text) })),
      )),
      await ask(path, { method, headers: { Authorization: "right" } }),
      await ask(path, { method, headers: { Authorization: "Basic cmlnaHQ6cmlnaHQ=" } }),
    ];
    for (const { status, headers, body } of refused) {
      assert.equal(status, expected.none);
      if (isOpen) continue;
      assert.equal(headers.get("www-authenticate"), 'Bearer realm="stream-csv"');
      // Every refusal says the same, whatever was wrong and whether the path exists.
      if (method !== "HEAD") assert.equal(body, refused[0]?.body);
      assert.doesNotMatch(body, /orders|transfers|expired|wrong|exists/);
    }
    const link = signed(path);
    const changed = [
      signed(path, -1),
      link.replace(/signature=.{4}/, "signature=AAAA"),
      `${link}&rows=3`,
      link.replace(/expires=(\d+)/, (_, seconds: string) => `expires=${Number(seconds) + 1}`),
      link.replace("key=k1", "key=k2"),
    ];
    for (const target of changed) {
      const { status, body } = await ask(target, { method });
      assert.equal(status, isOpen ? 200 : 403, target);
      if (!isOpen && method !== "HEAD") assert.equal(JSON.parse(body).code, "SCSV_LINK_INVALID");
    }
    const later = await stats();
    assert.deepEqual(later.exports, earlier.exports);
    assert.equal(later.total.heldSeconds, earlier.total.heldSeconds);

    for (const name of ["right", "other", "admin"] as const)
      assert.equal((await ask(path, { method, ...bearer(name) })).status, expected[name], name);
    assert.equal((await ask(link, { method })).status, expected.link, "link");
  });
}

test("a list and a page tell of no export that the token may not have, and neither does an error", async () => {
  const list = JSON.parse((await ask("/exports", bearer("other"))).body) as {
    readonly exports: readonly { readonly name: string }[];
  };
  assert.deepEqual(
    list.exports.map(({ name }) => name),
    ["text", "numbers"],
  );
  const page = (await ask("/", bearer("other"))).body;
  assert.match(page, /numbers\.csv/);
  assert.doesNotMatch(page, /orders|wide/);
  const missing = (await ask("/exports/test.csv", bearer("other"))).body;
  const forbidden = (await ask("/exports/orders.csv", bearer("other"))).body;
  assert.equal(missing.replace("test", "orders"), forbidden);
  assert.doesNotMatch(missing, /wide/);
});

test("a bound parameter is added, and a client that gives it gets a 403 that doesn't tell its value", async () => {
  const { status, body } = await ask("/exports/orders.csv", bearer("bound"));
  assert.equal(status, 200);
  assert.equal(body, "id\r\n1\r\n2\r\n");
  for (const query of ["rows=1", "rows=2", "seed=1&%72ows=9", "columns=customer"]) {
    const refused = await ask(`/exports/orders.csv?${query}`, bearer("bound"));
    assert.equal(refused.status, 403, query);
    const { code, detail } = JSON.parse(refused.body) as { readonly code: string; readonly detail: string };
    assert.equal(code, "SCSV_BOUND_PARAMETER");
    assert.doesNotMatch(detail, /\d/);
  }
});

test("a bound parameter that doesn't fit the export is a 403, not a parameter of the client's", async () => {
  const { status, body } = await ask("/exports/orders.csv", bearer("unfit"));
  assert.equal(status, 403);
  assert.doesNotMatch(body, /many/);
});

test("two Authorization lines are refused, whichever is right", async () => {
  const { rawRequest } = await import("../harness/raw.ts");
  const lines = (one: string, two: string): string =>
    `GET /exports HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${one}\r\nAuthorization: Bearer ${two}\r\n\r\n`;
  assert.equal((await rawRequest(server.url, lines("right", "wrong"))).status, 401);
  assert.equal((await rawRequest(server.url, lines("wrong", "right"))).status, 401);
});

test("a token sees, reads and cancels its own transfers only, an admin all of them", async () => {
  const started = await fetch(`${server.url}/exports/orders.csv?rows=3000000`, bearer("right"));
  const id = started.headers.get("x-transfer-id") ?? "";
  const list = async (who: string): Promise<readonly string[]> => {
    const { transfers } = JSON.parse((await ask("/transfers", bearer(who))).body) as {
      readonly transfers: readonly { readonly id: string; readonly token: string }[];
    };
    return transfers.filter((transfer) => transfer.id === id).map((transfer) => transfer.token);
  };
  assert.deepEqual(await list("other"), []);
  assert.deepEqual(await list("right"), ["right"]);
  assert.deepEqual(await list("admin"), ["right"]);
  const hidden = await ask(`/transfers/${id}`, bearer("other"));
  const unknown = await ask(`/transfers/${anyId}`, bearer("other"));
  assert.equal(hidden.status, 404);
  assert.equal(hidden.body, unknown.body.replace(anyId, id));
  assert.equal((await ask(`/transfers/${id}`, { method: "DELETE", ...bearer("other") })).status, 404);
  assert.equal((await ask(`/transfers/${id}`, bearer("right"))).status, 200);
  assert.equal((await ask(`/transfers/${id}`, { method: "DELETE", ...bearer("right") })).status, 202);
  await assert.rejects(started.text());
});

test("one link is good for GET, HEAD and a part of a file, with or without a token beside it", async () => {
  const link = signed("/exports/orders.csv?rows=20&delivery=file");
  const whole = await ask(link);
  assert.equal(whole.status, 200);
  assert.equal((await ask(link, { method: "HEAD" })).status, 200);
  const part = await ask(link, { headers: { Range: "bytes=3-9" } });
  assert.equal(part.status, 206);
  assert.equal(part.body, whole.body.slice(3, 10));
  assert.equal((await ask(link, bearer("wrong"))).status, 200);
  assert.equal((await ask(link, { method: "DELETE" })).status, 403);
});

test("what caches may keep says that it depends on the token, whatever the delivery, method and status", async () => {
  const cacheControl = "public, max-age=60";
  await using own = await startGuarded([token("right")], { http: { cacheControl } });
  const answerOf = async (path: string, init: RequestInit): Promise<Response> => {
    const answer = await fetch(own.url + path, init);
    await answer.arrayBuffer();
    assert.equal(answer.headers.get("cache-control"), cacheControl);
    return answer;
  };
  for (const delivery of ["streaming", "buffered", "file"]) {
    const path = `/exports/orders.csv?rows=5&delivery=${delivery}`;
    const expected = delivery === "streaming" ? "Accept-Encoding, Authorization" : "Authorization";
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await answerOf(path, { method, ...bearer("right") });
      assert.equal(headers.get("vary"), expected, `${method} ${path}`);
    }
  }
  const path = "/exports/orders.csv?rows=5&delivery=file";
  const etag = (await answerOf(path, bearer("right"))).headers.get("etag") ?? "";
  const known = await answerOf(path, { headers: { ...bearer("right").headers, "If-None-Match": etag } });
  assert.deepEqual([known.status, known.headers.get("vary")], [304, "Authorization"]);
});

test("other tokens hold for the requests that follow, and running transfers go on", async () => {
  await using own = await startGuarded([token("old"), token("admin", { admin: true })]);
  const running = await fetch(`${own.url}/exports/orders.csv?rows=300000`, bearer("old"));
  own.replaceAccess({ tokens: [token("new")], links: null, auth: null });
  const statusOf = async (text: string): Promise<number> => {
    const answer = await fetch(`${own.url}/exports`, bearer(text));
    await answer.arrayBuffer();
    return answer.status;
  };
  while ((await statusOf("new")) !== 200) await sleep(5);
  assert.equal(await statusOf("old"), 401);
  assert.throws(() => own.replaceAccess({ tokens: [], links: null, auth: null }), /at least one token/);
  assert.equal(await statusOf("new"), 200);
  // Last, since a connection that isn't used meanwhile can be closed while the next request is written to it.
  assert.equal((await running.text()).split("\r\n").length > 300_000, true);
});
