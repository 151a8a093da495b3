import assert from "node:assert/strict";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { statsOf } from "../harness/ask.ts";
import { startServe } from "../harness/cli.ts";
import { rawAnswers } from "../harness/raw.ts";
import { exitCodeOf, makeFifo, noFifos, serveInto } from "./log-pipe.ts";

test(
  "starts, serves and stops when there is no space for its log",
  { skip: !existsSync("/dev/full") },
  async (t) => {
    const full = openSync("/dev/full", "w");
    t.after(() => closeSync(full));
    const { url, child } = await serveInto(t, full, "json");
    const answer = await fetch(`${url}/exports/orders.csv?rows=100`);
    assert.equal(answer.status, 200);
    await answer.text();
    while ((await statsOf({ url })).log.droppedLines < 2) await sleep(20);
    assert.equal(await exitCodeOf(child), 0);
  },
);

test("continues to serve when the pipe of its log is closed", { skip: noFifos }, async (t) => {
  const { path, remove } = await makeFifo();
  t.after(remove);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  const { url, child } = await serveInto(t, writer, "json");
  closeSync(reader);
  closeSync(writer);
  for (let count = 0; count < 5; count += 1) await (await fetch(`${url}/exports/orders.csv?rows=1`)).text();
  while ((await statsOf({ url })).log.droppedLines === 0) await sleep(20);
  assert.equal(await exitCodeOf(child), 0);
});

test("logs each refused request at information, and counts those of one kind beyond the first ones", async () => {
  await using server = await startServe();
  for (let index = 0; index < 30; index += 1)
    assert.equal((await fetch(`${server.url}/exports/nosuch.csv?signature=secret`)).status, 404);
  assert.equal((await fetch(`${server.url}/exports/orders.csv?rows=x`)).status, 400);
  await server[Symbol.asyncDispose]();
  const refused = server.log().filter(({ msg }) => msg === "request refused");
  const lines = refused.filter(({ repeats }) => repeats === undefined);
  assert.deepEqual(new Set(lines.map(({ level }) => level)), new Set([30]));
  const [first] = lines;
  assert.deepEqual(
    [first?.["method"], first?.["url"], first?.["status"], first?.["code"]],
    ["GET", "/exports/nosuch.csv?signature=…", 404, "SCSV_UNKNOWN_EXPORT"],
  );
  assert.match(String(first?.["detail"]), /There is no export "nosuch"/);
  assert.ok(lines.some(({ status, detail }) => status === 400 && /rows/.test(String(detail))));
  const missing = refused.filter(({ code }) => code === "SCSV_UNKNOWN_EXPORT");
  const counted = missing.reduce((sum, { repeats }) => sum + Number(repeats ?? 1), 0);
  assert.equal(counted, 30);
  assert.ok(missing.length < 30);
});

test("the line of a transfer says how many cells the formula guard changed", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "notes.csv"), "note\n=1+1\nplain\n@SUM(A1)\n");
  await using server = await startServe(["notes.csv"], { cwd: folder });
  for (const query of ["?dialect=excel", "?dialect=excel&delivery=file", ""])
    await (await fetch(`${server.url}/exports/notes.csv${query}`)).text();
  await server[Symbol.asyncDispose]();
  const lines = server.log().filter(({ msg }) => msg === "transfer completed");
  assert.deepEqual(
    lines.map((line) => line["guardedCells"]),
    [2, 2, 0],
  );
});

test("no signature and no token gets into the log, however the request is refused", async () => {
  await using server = await startServe();
  const path = "/exports/orders.csv";
  const targets = [
    `${path}?signature=SECRET&expires=1#x`,
    `exports?Signature=SECRET`,
    `http://a@b/?%73ignature=SECRET`,
    `${path}?signature=SECRET%`,
    `${path}?signature=SECRET%00`,
    `${path}?access_token=SECRET%FF`,
    `${path}?rows=%ZZ&signature=SECRET`,
    `${path}?signature=SECRET&signature=SECRET`,
  ];
  for (const target of targets) {
    const request = `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    const { answers } = await rawAnswers(server.url, request, { finish: false });
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400],
      target,
    );
  }
  await server[Symbol.asyncDispose]();
  const refused = server.log().filter(({ msg }) => msg === "request refused");
  assert.ok(refused.length >= 4);
  assert.doesNotMatch(JSON.stringify(refused), /SECRET/);
  assert.match(String(refused[0]?.["detail"]), /signature=….*has a fragment/);
});

test("no password of a URL gets into the log or the answer", async () => {
  await using server = await startServe();
  const requests: readonly (readonly [target: string, host: string])[] = [
    ["http://user:SECRET@localhost/ping", "localhost"],
    ["http://user:SECRET@localhost/ping#x", "localhost"],
    ["ftp://user:SECRET@localhost/ping", "localhost"],
    ["/ping", "user:SECRET@localhost"],
  ];
  for (const [target, host] of requests) {
    const request = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    const { answers } = await rawAnswers(server.url, request);
    assert.equal(answers[0]?.status, 400, target);
    assert.doesNotMatch(answers[0].body, /SECRET/);
  }
  // An at sign behind the host is no user's.
  assert.equal((await fetch(`${server.url}/exports/a@b.csv`)).status, 404);
  await server[Symbol.asyncDispose]();
  const refused = server.log().filter(({ msg }) => msg === "request refused");
  assert.equal(refused.length, requests.length + 1);
  assert.doesNotMatch(JSON.stringify(refused), /SECRET/);
  assert.equal(refused.at(-1)?.["url"], "/exports/a@b.csv");
});

test("a request that waits for a place and gets none is a warning, and no transfer's failure is logged twice", async () => {
  await using server = await startServe(["--slots", "1", "--queue", "0"]);
  const holder = new AbortController();
  const held = fetch(`${server.url}/exports/orders.csv?rows=90000000`, { signal: holder.signal });
  await held;
  assert.equal((await fetch(`${server.url}/exports/orders.csv`)).status, 503);
  const line = await server.logged(({ msg }) => msg === "request refused");
  assert.deepEqual([line["level"], line["status"], line["code"]], [40, 503, "SCSV_BUSY"]);
  holder.abort();
});
