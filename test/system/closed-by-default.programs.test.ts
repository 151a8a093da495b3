import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { startServe, type ServeProcess } from "../harness/cli.ts";
import { rawRequest } from "../harness/raw.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe();
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** `fetch` would set Host and Sec-Fetch-Site itself. */
async function ask(
  url: string,
  method = "GET",
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const asked = request(url, { method, headers, agent: false }).end();
  const [response] = (await once(asked, "response")) as [AsyncIterable<string> & NodeJS.ReadableStream];
  let body = "";
  response.setEncoding("utf8");
  for await (const part of response) body += part;
  const { statusCode = 0, headers: received } = response as unknown as {
    readonly statusCode?: number;
    readonly headers: Answer["headers"];
  };
  return { status: statusCode, headers: received, body };
}

const rfd = "rows=3&columns=note&header=false&dialect=unix&nullValue=||calc.exe||";
const files: readonly (readonly [query: string, disposition: string])[] = [
  [`${rfd}&filename=run.bat`, 'attachment; filename="run.bat.csv"'],
  [`${rfd}&filename=page.html`, 'attachment; filename="page.html.csv"'],
  ["rows=0&filename=report.csv", 'attachment; filename="report.csv"'],
  ["rows=0&filename=report.csv&dialect=tsv", 'attachment; filename="report.tsv"'],
  ["rows=0&filename=report.tsv&delimiter=comma", 'attachment; filename="report.csv"'],
];
for (const [query, disposition] of files)
  test(`a file asked for with ${query} has the ending of its dialect`, async () => {
    const { headers } = await ask(`${server.url}/exports/orders.csv?${query}`);
    assert.equal(headers["content-disposition"], disposition);
  });

for (const path of [
  "/",
  "/ping",
  "/exports",
  "/exports/orders.csv?rows=1",
  "/exports/orders.csv?rows=1&delivery=file",
  "/stats",
  "/metrics",
  "/nothing",
  "/exports/orders.csv?rows=x",
])
  test(`no browser takes ${path} for something else, or includes it elsewhere`, async () => {
    const { headers } = await ask(server.url + path);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cross-origin-resource-policy"], "same-origin");
  });

test("what isn't a request is answered with the same headers", async () => {
  const { status, headers } = await rawRequest(server.url, "NONSENSE\r\n\r\n");
  assert.equal(status, 400);
  assert.equal(headers["x-content-type-options"], "nosniff");
});

test("the page has a policy that runs and loads only what this server has, and keeps to it", async () => {
  const { headers, body } = await ask(`${server.url}/`);
  const policy = String(headers["content-security-policy"]);
  assert.match(policy, /^default-src 'none'; style-src 'self'; script-src 'self'; .*frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  // Nothing inline, which the policy would stop.
  assert.doesNotMatch(body, /<script>|<style|style=| on[a-z]+=/);
  assert.match(body, /<script src="\.\/page\.js" defer><\/script>/);
});

test("a server on loopback answers for no other host", async () => {
  for (const host of ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1"]) {
    const { status, body } = await ask(`${server.url}/transfers`, "GET", { Host: host });
    assert.equal(status, 421, host);
    assert.match(body, /SCSV_HOST_NOT_ALLOWED/);
  }
  for (const host of ["localhost", "127.0.0.1:1", "[::1]"])
    assert.equal((await ask(`${server.url}/transfers`, "GET", { Host: host })).status, 200, host);
});

test("--allowed-hosts names the hosts that are answered", async () => {
  await using own = await startServe([
    "--allowed-hosts",
    "a.example, b.example",
    "--allowed-hosts",
    "c.example",
  ]);
  for (const [host, status] of [
    ["a.example", 200],
    ["B.example:81", 200],
    ["c.example", 200],
    ["d.example", 421],
    ["localhost", 421],
  ] as const)
    assert.equal((await ask(`${own.url}/ping`, "GET", { Host: host })).status, status, host);
});

test("behind a proxy that changes Host, a page may ask if both hosts are named", async () => {
  const page = { Host: "127.0.0.1", Origin: "https://exports.example", "Sec-Fetch-Site": "same-origin" };
  for (const [hosts, status] of [
    ["exports.example", 421],
    ["127.0.0.1", 403],
    ["exports.example,127.0.0.1", 404],
  ] as const) {
    await using own = await startServe(["--allowed-hosts", hosts]);
    assert.equal((await ask(`${own.url}/transfers/none`, "DELETE", page)).status, status, hosts);
  }
});

test("no page of another site can cancel a transfer", async () => {
  const running = request(`${server.url}/exports/orders.csv?rows=5000000`, { agent: false }).end();
  const [response] = (await once(running, "response")) as [{ readonly headers: Record<string, string> }];
  const url = `${server.url}/transfers/${response.headers["x-transfer-id"]}`;
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ];
  for (const headers of foreign) {
    const { status, body } = await ask(url, "DELETE", headers);
    assert.equal(status, 403, JSON.stringify(headers));
    assert.match(body, /SCSV_CROSS_SITE/);
  }
  const own = { Origin: server.url, "Sec-Fetch-Site": "same-origin" };
  assert.equal((await ask(url, "DELETE", own)).status, 202);
  running.destroy();
});

test("--admin-port moves numbers, transfers and what is live to a port of its own", async () => {
  await using own = await startServe(["--admin-port", "0"]);
  const { adminUrl } = await own.logged(({ msg }) => msg === "listening");
  const admin = String(adminUrl);
  assert.match(admin, /^http:\/\/127\.0\.0\.1:\d+$/);
  for (const path of ["/stats", "/metrics", "/transfers"]) {
    assert.equal((await ask(own.url + path)).status, 404, path);
    assert.equal((await ask(admin + path)).status, 200, path);
  }
  assert.equal((await ask(`${own.url}/transfers/x`, "DELETE")).status, 404);
  assert.match((await ask(`${admin}/transfers/x`)).body, /SCSV_UNKNOWN_TRANSFER/);
  assert.equal((await ask(`${own.url}/exports/orders.csv?rows=1`)).status, 200);
  assert.equal((await ask(`${admin}/exports/orders.csv?rows=1`)).status, 404);
  assert.doesNotMatch((await ask(`${own.url}/`)).body, /\/stats/);
  assert.match((await ask(`${admin}/`)).body, /\/stats/);
  assert.equal((await ask(`${admin}/stats`, "GET", { Host: "evil.example" })).status, 421);
  for (const path of ["/livez", "/readyz"])
    for (const port of [own.url, admin]) assert.equal((await ask(port + path)).status, 200);
});

test("an admin port that is taken keeps the server from starting, and names the flag", async () => {
  const { port } = new URL(server.url);
  await assert.rejects(
    startServe(["--admin-port", port]),
    /SCSV|can't listen on 127\.0\.0\.1.*--admin-port/s,
  );
});

test("listening beyond loopback without tokens is a warning, on loopback it isn't", async () => {
  await using open = await startServe(["--host", "0.0.0.0"]);
  await open.logged(({ msg }) => /without tokens everyone may read/.test(String(msg)));
  assert.ok(!server.log().some(({ msg }) => /without tokens/.test(String(msg))));
  const { port } = new URL(open.url);
  const { status } = await ask(`http://127.0.0.1:${port}/ping`, "GET", { Host: "exports.example" });
  assert.equal(status, 200);
});
