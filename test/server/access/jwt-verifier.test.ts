import assert from "node:assert/strict";
import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import type { RequestListener } from "node:http";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type * as Jose from "jose";
import { pino } from "pino";
import { safeParse } from "valibot";
import { systemClock } from "../../../src/clock.ts";
import { authSchema } from "../../../src/server/access/auth-schema.ts";
import type { JwtSettings } from "../../../src/server/access/access-settings.ts";
import { JwtVerifier, looksLikeJwt } from "../../../src/server/access/jwt-verifier.ts";
import { requireJose } from "../../../src/server/access/require-jose.ts";
import { JwtIssuer, type TokenWish } from "../../harness/jwt-issuer.ts";

const log = pino({ level: "silent" });
const times = { maxAgeMs: 60_000, cooldownMs: 0, fetchTimeoutMs: 1000, retryMs: 0 };

function verifierOf(issuer: JwtIssuer, rest: Partial<JwtSettings> = {}): JwtVerifier {
  return new JwtVerifier({ ...issuer.settings, ...rest }, log, systemClock, times);
}

const unauthorized = { code: "SCSV_UNAUTHORIZED", message: "This request needs a valid token." };

test("takes tokens of each asymmetric algorithm, and fetches the keys once", async () => {
  const algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
  await using issuer = await JwtIssuer.start(algorithms);
  const verifier = verifierOf(issuer);
  for (const alg of algorithms) {
    const token = await issuer.sign({ alg });
    assert.ok(looksLikeJwt(token));
    const caller = await verifier.verify(token, Date.now());
    assert.deepEqual([caller.token, caller.isAdmin, caller.hasTransfers], ["jwt:u1", false, true]);
  }
  assert.equal(issuer.fetches, 1);
});

test("loads what it needs before the first token comes, and again where that failed", async () => {
  await using issuer = await JwtIssuer.start();
  let imports = 0;
  const importJose = async (): Promise<typeof Jose> => {
    imports += 1;
    if (imports < 3) throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    return await import("jose");
  };
  const verifier = new JwtVerifier(issuer.settings, log, systemClock, times, importJose);
  assert.equal(imports, 1);
  const token = await issuer.sign();
  await assert.rejects(verifier.verify(token, Date.now()), { code: "EMFILE" });
  for (let turn = 0; turn < 2; turn += 1)
    assert.equal((await verifier.verify(token, Date.now())).token, "jwt:u1");
  assert.equal(imports, 3);
});

const bad: Readonly<Record<string, TokenWish>> = {
  "that has expired": { expiresIn: -30 },
  "that never expires": { expiresIn: null },
  "that isn't good yet": { notBeforeIn: 30 },
  "of another issuer": { issuer: "https://login.example/" },
  "for another audience": { audience: "other" },
  "for other audiences": { audience: ["other", "exports2"] },
  "without a subject": { subject: null },
  "with an empty subject": { subject: "" },
  "with a long subject": { subject: "u".repeat(256) },
  "of an algorithm that isn't taken": { alg: "ES384" },
};
for (const [which, wish] of Object.entries(bad))
  test(`refuses a token ${which}`, async () => {
    await using issuer = await JwtIssuer.start(["ES256", "ES384"]);
    await assert.rejects(verifierOf(issuer).verify(await issuer.sign(wish), Date.now()), unauthorized);
  });

test("a token without the id of its key is good where exactly one key fits its algorithm", async () => {
  await using issuer = await JwtIssuer.start(["ES256", "RS256"]);
  const verifier = verifierOf(issuer);
  for (const alg of ["ES256", "RS256"]) {
    const { token } = await verifier.verify(await issuer.sign({ alg, kid: null }), Date.now());
    assert.equal(token, "jwt:u1");
  }
  await issuer.addKey("ES256", "second");
  const fresh = verifierOf(issuer);
  const unclear = await issuer.sign({ kid: null });
  await assert.rejects(fresh.verify(unclear, Date.now()), { code: "SCSV_UNAUTHORIZED" });
  for (const kid of ["ES256", "second"])
    assert.equal((await fresh.verify(await issuer.sign({ kid }), Date.now())).token, "jwt:u1");
  await fresh.verify(await issuer.sign({ alg: "RS256", kid: null }), Date.now());
});

test("allows clocks to be a few seconds apart, and several audiences", async () => {
  await using issuer = await JwtIssuer.start();
  for (const wish of [{ expiresIn: -3 }, { notBeforeIn: 3 }, { audience: ["other", "exports"] }])
    assert.equal((await verifierOf(issuer).verify(await issuer.sign(wish), Date.now())).token, "jwt:u1");
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

test("refuses tokens without a signature, with the public key as a secret, and with a part changed", async () => {
  await using issuer = await JwtIssuer.start(["RS256"]);
  const verifier = verifierOf(issuer);
  const good = await issuer.sign({ alg: "RS256" });
  const [head = "", claims = "", signature = ""] = good.split(".");
  const jwk = issuer.published("RS256");
  const pem = createPublicKey({ key: jwk as JsonWebKey, format: "jwk" }).export({
    type: "spki",
    format: "pem",
  });
  const hmacOf = (alg: string, secret: string): string => {
    const input = `${part({ alg, kid: "RS256" })}.${claims}`;
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const other = part({ ...JSON.parse(Buffer.from(claims, "base64url").toString()), sub: "u2" });
  const forged = [
    `${part({ alg: "none" })}.${claims}.`,
    `${part({ alg: "None", kid: "RS256" })}.${claims}.${signature}`,
    hmacOf("HS256", String(pem)),
    hmacOf("HS256", JSON.stringify(jwk)),
    hmacOf("HS256", String(jwk.n)),
    `${head}.${other}.${signature}`,
    `${head}.${claims}.`,
    `${head}.${claims}.${signature.slice(0, -4)}`,
    `${part({ alg: "PS256", kid: "RS256" })}.${claims}.${signature}`,
    `${part({ alg: "RS256", kid: "RS256", crit: ["x"], x: 1 })}.${claims}.${signature}`,
    `${part({ alg: "RS256", kid: "x", jwk })}.${claims}.${signature}`,
    `eyJ.${claims}.${signature}`,
  ];
  for (const token of forged) {
    assert.ok(looksLikeJwt(token), token);
    await assert.rejects(verifier.verify(token, Date.now()), unauthorized, token);
  }
  assert.equal((await verifier.verify(good, Date.now())).token, "jwt:u1");
});

test("fetches the keys again for a token with a new one, and forgets those that are gone", async () => {
  await using issuer = await JwtIssuer.start();
  const verifier = verifierOf(issuer);
  const early = await issuer.sign();
  await verifier.verify(early, Date.now());
  await issuer.addKey("ES256", "second");
  issuer.retire("ES256");
  assert.equal((await verifier.verify(await issuer.sign({ kid: "second" }), Date.now())).token, "jwt:u1");
  assert.equal(issuer.fetches, 2);
  await assert.rejects(verifier.verify(early, Date.now()), unauthorized);
});

test("a token with an unknown key fetches nothing while the last fetch is fresh", async () => {
  await using issuer = await JwtIssuer.start();
  const verifier = new JwtVerifier(issuer.settings, log);
  await verifier.verify(await issuer.sign(), Date.now());
  await issuer.addKey("ES256", "unknown");
  issuer.retire("unknown");
  const unknown = await issuer.sign({ kid: "unknown" });
  for (let turn = 0; turn < 5; turn += 1)
    await assert.rejects(verifier.verify(unknown, Date.now()), unauthorized);
  assert.equal(issuer.fetches, 1);
});

for (const [which, answer] of Object.entries({
  "with a 500": { status: 500 },
  "with a redirect": { status: 302 },
  "with what isn't JSON": { body: "<html>" },
  "with what aren't keys": { body: '{"keys":1}' },
}))
  test(`takes no token while the issuer answers ${which}, and goes on when it is back`, async () => {
    await using issuer = await JwtIssuer.start();
    const verifier = verifierOf(issuer);
    const token = await issuer.sign();
    Object.assign(issuer, answer);
    await assert.rejects(verifier.verify(token, Date.now()), {
      code: "SCSV_KEYS_UNAVAILABLE",
      retryAfterSeconds: 1,
      message: "The keys with which tokens are checked can't be fetched.",
    });
    Object.assign(issuer, { status: 200, body: undefined });
    assert.equal((await verifier.verify(token, Date.now())).token, "jwt:u1");
  });

test("asks an issuer that failed no more than once in a time, and says why in the log once", async () => {
  await using issuer = await JwtIssuer.start();
  const lines: string[] = [];
  const written = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const verifier = new JwtVerifier(issuer.settings, written, systemClock, { ...times, retryMs: 600_000 });
  issuer.status = 503;
  const token = await issuer.sign();
  for (let turn = 0; turn < 5; turn += 1)
    await assert.rejects(verifier.verify(token, Date.now()), { code: "SCSV_KEYS_UNAVAILABLE" });
  assert.equal(issuer.fetches, 1);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /status 503/);
});

test("keys are fetched again in time, although the time of day was set back after the last fetch", async (t) => {
  await using issuer = await JwtIssuer.start();
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, wallMs: systemClock.wallMs };
  const some = { ...times, maxAgeMs: 60_000, cooldownMs: 10_000 };
  const verifier = new JwtVerifier(issuer.settings, log, clock, some);
  const early = await issuer.sign();
  await verifier.verify(early, clock.wallMs());
  await issuer.addKey("ES256", "second");
  issuer.retire("ES256");
  const token = await issuer.sign({ kid: "second" });
  const today = Date.now();
  t.mock.method(Date, "now", () => today - 86_400_000);
  nowMs = 9999;
  await assert.rejects(verifier.verify(token, today), unauthorized);
  nowMs = 10_000;
  assert.equal((await verifier.verify(token, today)).token, "jwt:u1");
  await issuer.addKey("ES256", "third");
  issuer.retire("second");
  nowMs = 69_999;
  assert.equal((await verifier.verify(token, today)).token, "jwt:u1");
  nowMs = 70_000;
  await assert.rejects(verifier.verify(token, today), unauthorized);
  assert.equal(issuer.fetches, 3);
});

const answers: Readonly<Record<string, [RequestListener, RegExp]>> = {
  "without an end": [
    (_, res) => {
      const spaces = Buffer.alloc(64 * 1024, " ");
      const more = (): void => {
        while (!res.destroyed && res.write(spaces));
      };
      res.on("drain", more);
      more();
    },
    /^The answer is larger than 1048576 bytes/,
  ],
  "that is small only while it is compressed": [
    (_, res) => {
      res.writeHead(200, { "Content-Encoding": "gzip" });
      res.end(gzipSync(Buffer.alloc(8 * 1024 * 1024, " ")));
    },
    /^The answer is larger than 1048576 bytes/,
  ],
  "that is a redirect": [
    (_, res) => res.writeHead(302, { Location: "https://login.example/other?secret=s" }).end(),
    /^The answer has status 302 and leads to "https:\/\/login\.example\/other", where keys aren't looked for, instead of 200\.$/,
  ],
  "with an error": [
    (_, res) => res.writeHead(500).end("<html>"),
    /^The answer has status 500, instead of 200\.$/,
  ],
  "that is a page": [(_, res) => res.end("<html>"), /Failed to parse .* as JSON/],
  "that is JSON but no keys": [(_, res) => res.end("[]"), /malformed/],
  "that never ends": [(_, res) => void res.write('{"keys":['), /timed out/],
};

for (const [kind, [answer, expected]] of Object.entries(answers)) {
  test(`an answer ${kind} in place of the keys is named in the log, and is read no further`, async () => {
    await using issuer = await JwtIssuer.start();
    issuer.answer = answer;
    const lines: string[] = [];
    const kept = pino({ level: "error" }, { write: (line) => void lines.push(line) });
    const verifier = new JwtVerifier(issuer.settings, kept, systemClock, times);
    await assert.rejects(verifier.verify(await issuer.sign(), Date.now()), { code: "SCSV_KEYS_UNAVAILABLE" });
    assert.equal(lines.length, 1);
    const { err, msg } = JSON.parse(lines[0] ?? "") as { err: { message: string }; msg: string };
    assert.match(err.message, expected);
    assert.equal(msg, "the keys of JWTs can't be fetched");
  });
}

test("a key that fits but can't be used is named in the log", async () => {
  await using issuer = await JwtIssuer.start();
  issuer.body = JSON.stringify({ keys: [{ ...issuer.published("ES256"), x: "AA" }] });
  const lines: string[] = [];
  const kept = pino({ level: "error" }, { write: (line) => void lines.push(line) });
  const verifier = new JwtVerifier(issuer.settings, kept, systemClock, times);
  await assert.rejects(verifier.verify(await issuer.sign(), Date.now()), { code: "SCSV_KEYS_UNAVAILABLE" });
  assert.match(lines.join(""), /"kid":"ES256".*a key of JWTs can't be used/);
});

test("asks an issuer that failed again after its time, although the time of day was set back meanwhile", async (t) => {
  await using issuer = await JwtIssuer.start();
  const clock = { nowMs: () => nowMs, wallMs: systemClock.wallMs };
  let nowMs = 0;
  const verifier = new JwtVerifier(issuer.settings, log, clock, { ...times, retryMs: 1000 });
  const token = await issuer.sign();
  issuer.status = 503;
  await assert.rejects(verifier.verify(token, clock.wallMs()), { code: "SCSV_KEYS_UNAVAILABLE" });
  issuer.status = 200;
  const today = Date.now();
  t.mock.method(Date, "now", () => today - 3_600_000);
  nowMs = 1000;
  assert.equal((await verifier.verify(token, today)).token, "jwt:u1");
});

test("takes no token when nothing listens at the URL of the keys", async () => {
  const issuer = await JwtIssuer.start();
  const token = await issuer.sign();
  const verifier = verifierOf(issuer);
  await issuer[Symbol.asyncDispose]();
  await assert.rejects(verifier.verify(token, Date.now()), { code: "SCSV_KEYS_UNAVAILABLE" });
});

const uri = "https://app.example/tenant";
const claimed: readonly (readonly [path: string, claims: object, bound: readonly string[] | undefined])[] = [
  ["claims.tenant", { tenant: "acme" }, ["acme"]],
  ["claims.tenant", { tenant: 7 }, ["7"]],
  ["claims.tenant", { tenant: false }, ["false"]],
  ["claims.tenant", { tenant: "" }, [""]],
  ["claims.tenant", { tenant: ["a", "b"] }, ["a", "b"]],
  ["claims.org.tenant", { org: { tenant: "acme" } }, ["acme"]],
  [`claims.${uri}`, { [uri]: "acme" }, ["acme"]],
  ["claims.a.b", { "a.b": "whole", a: { b: "inside" } }, ["whole"]],
  ["claims.sub", {}, ["u1"]],
  ["claims.tenant", {}, undefined],
  ["claims.tenant", { tenant: null }, undefined],
  ["claims.tenant", { tenant: [] }, undefined],
  ["claims.tenant", { tenant: ["a", null] }, undefined],
  ["claims.tenant", { tenant: { id: "acme" } }, undefined],
  ["claims.tenant", { tenant: 2 ** 53 }, undefined],
  ["claims.org.tenant", { org: "acme" }, undefined],
  ["claims.constructor.name", {}, undefined],
  ["claims.__proto__", {}, undefined],
];
for (const [path, claims, bound] of claimed)
  test(`${path} of ${JSON.stringify(claims)} ${bound ? `is ${bound.join()}` : "lets the token do nothing"}`, async () => {
    await using issuer = await JwtIssuer.start();
    const verifier = verifierOf(issuer, { parameters: { customer: path } });
    const verified = verifier.verify(await issuer.sign({ claims: { ...claims } }), Date.now());
    if (bound === undefined) await assert.rejects(verified, { code: "SCSV_FORBIDDEN" });
    else assert.deepEqual([...(await verified).bound], [["customer", bound]]);
  });

test("holders have the exports and limits of the settings", async () => {
  await using issuer = await JwtIssuer.start();
  const caller = await verifierOf(issuer, { exports: ["sales.*"], slots: 2, rate: "3/min" }).verify(
    await issuer.sign(),
    Date.now(),
  );
  assert.deepEqual([caller.mayExport("sales.eu"), caller.mayExport("orders")], [true, false]);
  assert.deepEqual(caller.limits, { slots: 2, rate: { count: 3, periodMs: 60_000 } });
});

const jwt = { jwks: "https://login.example/keys", issuer: "a", audience: "b" };
const settings: readonly (readonly [given: unknown, isGood: boolean])[] = [
  [{ jwt }, true],
  [{ jwt: { ...jwt, jwks: "http://127.0.0.1:1/k" } }, true],
  [{ jwt: { ...jwt, jwks: "http://[::1]:1/k" } }, true],
  [{ jwt: { ...jwt, jwks: "http://login.example/keys" } }, false],
  [{ jwt: { ...jwt, jwks: "http://127.0.0.1.example/keys" } }, false],
  [{ jwt: { ...jwt, jwks: "file:///etc/keys" } }, false],
  [{ jwt: { ...jwt, jwks: "keys" } }, false],
  [{ jwt: { ...jwt, jwks: "https://user:password@login.example/keys" } }, false],
  [{ jwt: { ...jwt, issuer: "" } }, false],
  [{ jwt: { jwks: jwt.jwks, issuer: "a" } }, false],
  [{ jwt: { ...jwt, admin: true } }, false],
  [{ jwt: { ...jwt, algorithms: ["HS256"] } }, false],
  [{ jwt: { ...jwt, parameters: { a: "claims.b" } } }, true],
  [{ jwt: { ...jwt, parameters: { a: "tenant" } } }, false],
  [{ jwt: { ...jwt, parameters: { a: "claims." } } }, false],
  [{}, false],
];
for (const [given, isGood] of settings)
  test(`${JSON.stringify(given)} ${isGood ? "can" : "can't"} be used`, () =>
    assert.equal(safeParse(authSchema, given).success, isGood));

test("only what has the form of a signed JWT is checked as one", () => {
  for (const text of ["", "abc", "a.b.c", "eyJhbGciOiJub25lIn0", "eyJ.eyJ", "eyJ.a.b.c", "eyJ..x"])
    assert.equal(looksLikeJwt(text), false, text);
});

test("says what to install when jose is absent", () => {
  const absent = (): never => {
    throw new Error("Cannot find package");
  };
  assert.throws(() => requireJose(absent), { code: "SCSV_JWT_MISSING", message: /npm install jose/ });
  requireJose();
});
