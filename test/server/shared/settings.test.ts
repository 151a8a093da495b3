import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSettings } from "../../../src/server/shared/check-settings.ts";
import { defaultHttpSettings } from "../../../src/server/shared/http-settings.ts";
import { defaultSettings } from "../../../src/server/shared/settings.ts";
import { startServer, type ServerSettings } from "../../../src/server.ts";

const log = { ...defaultSettings.log, level: "silent" };

test("starts with only a port, and answers", async () => {
  const server = await startServer({ port: 0, log });
  try {
    assert.equal(await (await fetch(`${server.url}/ping`)).text(), "pong");
  } finally {
    server.kill();
    await server.stopped;
  }
});

test("completes the groups csv, http and log, of which one part may be given", async () => {
  const server = await startServer({
    port: 0,
    csv: { dialect: "unix" },
    http: { cacheControl: "no-cache" },
    log: { level: "silent" },
  });
  try {
    const response = await fetch(`${server.url}/exports/orders.csv?rows=1&columns=id`);
    assert.equal(response.headers.get("cache-control"), "no-cache");
    assert.equal(await response.text(), "id\n1\n");
  } finally {
    server.kill();
    await server.stopped;
  }
});

function expiring(expires: string): Pick<ServerSettings, "tokens"> {
  return { tokens: [{ name: "acme", sha256: "0".repeat(64), expires }] };
}

const refused: readonly (readonly [settings: object, code: string, message: RegExp])[] = [
  [{ workers: 0 }, "SCSV_ARG_RANGE", /^workers is 0; .*from 1 to 256/],
  [{ workers: 257 }, "SCSV_ARG_RANGE", /^workers is 257;/],
  [{ workers: 1.5 }, "SCSV_ARG_RANGE", /^workers is 1\.5;/],
  [{ workers: Number.NaN }, "SCSV_ARG_RANGE", /^workers is NaN;/],
  [{ workers: "2" }, "SCSV_ARG_TYPE", /^workers is "2"; it takes a number/],
  [{ port: 65_536 }, "SCSV_ARG_RANGE", /^port is 65536;/],
  [{ host: "" }, "SCSV_ARG_RANGE", /^host is empty/],
  [{ slots: 0 }, "SCSV_ARG_RANGE", /^slots is 0;/],
  [{ queue: -1 }, "SCSV_ARG_RANGE", /^queue is -1;/],
  [{ queueTimeoutMs: 2 ** 31 }, "SCSV_ARG_RANGE", /^queueTimeoutMs is 2147483648;/],
  [{ minRateBytesPerSecond: -1 }, "SCSV_ARG_RANGE", /^minRateBytesPerSecond is -1;/],
  [{ minRateBytesPerSecond: Number.NaN }, "SCSV_ARG_RANGE", /^minRateBytesPerSecond is NaN;/],
  [{ bufferMemoryBytes: Number.POSITIVE_INFINITY }, "SCSV_ARG_RANGE", /^bufferMemoryBytes is Infinity;/],
  [{ maxConnections: 0 }, "SCSV_ARG_RANGE", /^maxConnections is 0;/],
  [{ workerModel: "threads" }, "SCSV_ARG_RANGE", /^workerModel is "threads"; it takes async or sync/],
  [{ http10: "both" }, "SCSV_ARG_RANGE", /^http10 is "both"; it takes stream or length/],
  [{ sources: "a.csv" }, "SCSV_ARG_TYPE", /^sources is "a\.csv"; it takes a list/],
  [{ spoolDirectory: 7 }, "SCSV_ARG_TYPE", /^spoolDirectory is 7;/],
  ...["cafe:8080", "[cafe]", "a.example:80", "[::1]:80", "1:2", "fe80::1%eth0", ""].map(
    (name) => [{ allowedHosts: ["a.example", name] }, "SCSV_ARG_RANGE", /^allowedHosts\[1\] is /] as const,
  ),
  [{ http: { ...defaultHttpSettings, headTimeoutMs: 0 } }, "SCSV_ARG_RANGE", /^http\.headTimeoutMs is 0;/],
  ...["2027-01-01T09:00:00+05", "2027-01-01T09:00:00 +05:00"].map(
    (expires) =>
      [expiring(expires), "SCSV_ARG_RANGE", /^tokens\[0\]\.expires can't be used: .* as \+05:00\.$/] as const,
  ),
  ...["2027-02-31", "2027-02-29T09:00:00Z", "2027-04-31T09:00:00+05:00"].map(
    (expires) =>
      [expiring(expires), "SCSV_ARG_RANGE", /^tokens\[0\]\.expires .*: it takes a day that exists/] as const,
  ),
];
for (const [settings, code, message] of refused) {
  test(`refuses ${JSON.stringify(settings)} before anything is started`, async () => {
    const given = { port: 0, log, ...settings } as Partial<ServerSettings>;
    await assert.rejects(startServer(given), { code, message });
  });
}

test("takes each form of a moment that can be read, and a day that exists", () => {
  for (const expires of ["2028-02-29", "2027-01-01 09:00:00Z", "2027-01-01T01:00:00+0500"])
    assert.equal(checkSettings(expiring(expires)).tokens?.[0]?.expires, expires);
});

test("takes hosts as names and as addresses, with or without brackets", () => {
  const allowedHosts = [
    "*",
    "exports.example.com",
    "cafe",
    "::1",
    "[::1]",
    "FE80::1",
    "::ffff:1.2.3.4",
    "127.0.0.1",
  ];
  assert.deepEqual(checkSettings({ allowedHosts }).allowedHosts, allowedHosts);
});

test("ends what it has started when its signal is aborted, and rejects with the reason", async () => {
  const reason = new Error("not wanted any more");
  for (const delayMs of [0, 1, 100]) {
    const abort = new AbortController();
    const starting = startServer({ port: 0, log, workers: 9 }, abort.signal);
    setTimeout(() => abort.abort(reason), delayMs);
    await assert.rejects(starting, reason);
  }
});
