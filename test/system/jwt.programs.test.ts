import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bearer, startGuarded, token } from "../harness/access-server.ts";
import { startServe } from "../harness/cli.ts";
import { JwtIssuer } from "../harness/jwt-issuer.ts";
import { certificate } from "../harness/tls.ts";

interface Problem {
  readonly code: string;
  readonly detail: string;
}

test("JWTs are tokens whose claims decide parameters, beside the tokens of the configuration", async () => {
  await using issuer = await JwtIssuer.start();
  const jwt = { ...issuer.settings, exports: ["orders", "text"], parameters: { rows: "claims.org.most" } };
  await using server = await startGuarded([token("ops", { admin: true })], { workers: 2, auth: { jwt } });
  const ask = async (path: string, text: string, init: RequestInit = {}): Promise<Response> =>
    await fetch(server.url + path, { ...init, ...bearer(text) });
  const good = await issuer.sign({ claims: { org: { most: 2 } } });
  const rowsOf = async (text: string): Promise<number> =>
    (await (await ask("/exports/numbers.csv?rows=1", text)).text()).trim().split("\r\n").length;
  assert.equal(await rowsOf("ops"), 2);
  const answer = await ask("/exports/text.csv?columns=id", good);
  assert.equal(answer.status, 200);
  assert.equal((await answer.text()).trim().split("\r\n").length, 3);
  const expected: readonly (readonly [path: string, status: number])[] = [
    ["/ping", 200],
    ["/exports", 200],
    ["/exports/numbers.csv", 404],
    ["/exports/text.csv?rows=1", 403],
    ["/stats", 403],
    ["/metrics", 403],
    ["/transfers", 200],
    ["/nothing", 404],
  ];
  for (const [path, status] of expected) assert.equal((await ask(path, good)).status, status, path);
  const unbound = await issuer.sign();
  assert.equal((await ask("/exports/text.csv", unbound)).status, 403);
  const unfit = await issuer.sign({ claims: { org: { most: "all" } } });
  const forbidden = await ask("/exports/text.csv", unfit);
  assert.equal(forbidden.status, 403);
  assert.ok(!(await forbidden.text()).includes('"all'));
});

test("a bad JWT gets the 401 of any bad token, and takes nothing", async () => {
  await using issuer = await JwtIssuer.start();
  await using server = await startGuarded([token("ops", { admin: true })], {
    auth: { jwt: issuer.settings },
  });
  const bodyOf = async (text: string): Promise<object> => {
    const answer = await fetch(`${server.url}/exports/orders.csv`, bearer(text));
    assert.equal(answer.status, 401);
    assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/);
    return { ...((await answer.json()) as object), instance: null, requestId: null };
  };
  const plain = await bodyOf("wrong");
  for (const wish of [{ expiresIn: -60 }, { issuer: "x" }, { audience: "x" }, { subject: null }])
    assert.deepEqual(await bodyOf(await issuer.sign(wish)), plain);
  assert.deepEqual(await bodyOf("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1MSJ9."), plain);
  const stats = await (await fetch(`${server.url}/transfers`, bearer("ops"))).json();
  assert.deepEqual((stats as { readonly transfers: readonly unknown[] }).transfers, []);
});

test("each subject has its own transfers and slots", async () => {
  await using issuer = await JwtIssuer.start();
  const auth = { jwt: { ...issuer.settings, slots: 1 } };
  await using server = await startGuarded([token("ops", { admin: true })], { workers: 2, auth });
  const [one, two] = [await issuer.sign({ subject: "one" }), await issuer.sign({ subject: "two" })];
  const start = (text: string): Promise<Response> =>
    fetch(`${server.url}/exports/orders.csv?rows=5000000`, bearer(text));
  const held = await start(one);
  assert.equal(held.status, 200);
  for (let turn = 0; turn < 4; turn += 1) assert.equal((await start(one)).status, 429);
  const other = await start(two);
  assert.equal(other.status, 200);
  const id = held.headers.get("x-transfer-id") ?? "";
  const statusOf = async (text: string): Promise<number> =>
    (await fetch(`${server.url}/transfers/${id}`, bearer(text))).status;
  assert.deepEqual([await statusOf(one), await statusOf(two), await statusOf("ops")], [200, 404, 200]);
  await held.body?.cancel();
  await other.body?.cancel();
});

test("without the issuer's keys a JWT gets a 503, and everything else goes on", async () => {
  const issuer = await JwtIssuer.start();
  const jwt = await issuer.sign();
  const auth = { jwt: issuer.settings };
  await issuer[Symbol.asyncDispose]();
  await using server = await startGuarded([token("ops")], { auth });
  const answer = await fetch(`${server.url}/exports`, bearer(jwt));
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("retry-after"), "1");
  const { code, detail } = (await answer.json()) as Problem;
  assert.equal(code, "SCSV_KEYS_UNAVAILABLE");
  assert.ok(!detail.includes("127.0.0.1"));
  const statusOf = async (path: string, text: string): Promise<number> =>
    (await fetch(server.url + path, bearer(text))).status;
  assert.deepEqual(
    [await statusOf("/exports", "ops"), await statusOf("/exports", "wrong"), await statusOf("/ping", jwt)],
    [200, 401, 200],
  );
});

test("keys come over HTTPS from an issuer whose certificate is trusted, and from no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-jwks-"));
  const identity = await certificate();
  const certFile = join(folder, "authority.pem");
  await writeFile(certFile, identity.cert);
  await using issuer = await JwtIssuer.start(["ES256"], 0, identity);
  assert.match(issuer.settings.jwks, /^https:/);
  const file = join(folder, "stream-csv.json");
  await writeFile(file, JSON.stringify({ auth: { jwt: issuer.settings } }));
  const jwt = await issuer.sign();
  try {
    await using trusting = await startServe(["--config", file], { env: { NODE_EXTRA_CA_CERTS: certFile } });
    assert.equal((await fetch(`${trusting.url}/exports`, bearer(jwt))).status, 200);
    const fetches = issuer.fetches;
    await using wary = await startServe(["--config", file]);
    assert.equal((await fetch(`${wary.url}/exports`, bearer(jwt))).status, 503);
    assert.equal(issuer.fetches, fetches, "nothing is asked over a connection that isn't trusted");
    const line = await wary.logged(({ msg }) => msg === "the keys of JWTs can't be fetched");
    assert.match(JSON.stringify(line), /self-signed certificate/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a server with an issuer alone is closed, and takes another issuer while it runs", async () => {
  await using first = await JwtIssuer.start();
  await using second = await JwtIssuer.start();
  await using server = await startGuarded([], { tokens: null, links: null, auth: { jwt: first.settings } });
  assert.equal((await fetch(`${server.url}/exports`)).status, 401);
  const statusOf = async (issuer: JwtIssuer): Promise<number> =>
    (await fetch(`${server.url}/exports`, bearer(await issuer.sign()))).status;
  assert.equal(await statusOf(first), 200);
  server.replaceAccess({ tokens: null, links: null, auth: { jwt: second.settings } });
  while ((await statusOf(second)) !== 200);
  assert.equal(await statusOf(first), 401);
  const unusable = { jwt: { ...first.settings, jwks: "http://login.example/" } };
  assert.throws(() => server.replaceAccess({ tokens: null, links: null, auth: unusable }), /https:/);
});
