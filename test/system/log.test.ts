import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, createReadStream, existsSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { statsOf } from "../harness/ask.ts";
import { endWithUs } from "../harness/children.ts";
import { cliPath, startServe } from "../harness/cli.ts";
import { get } from "../harness/raw-client.ts";
import { rawAnswers } from "../harness/raw.ts";

/** A server with the given standard error. */
async function serveInto(
  t: TestContext,
  standardError: number,
  format: "json" | "pretty",
  files: readonly string[] = [],
): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const args = [cliPath, "serve", "--port", "0", "--queue", "1000", "--log-format", format, ...files];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", standardError] });
  endWithUs(child);
  t.after(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout ?? assert.fail(), "data")) as [Buffer];
  return { url: line.toString().trim().replace("listening on ", ""), child };
}

interface Fifo {
  /** The folder that it is in, which is removed with it. */
  readonly folder: string;
  readonly path: string;
  readonly remove: () => Promise<void>;
}

async function makeFifo(): Promise<Fifo> {
  const folder = await mkdtemp(join(tmpdir(), "stuck-log-"));
  const path = join(folder, "fifo");
  spawnSync("mkfifo", [path]);
  return { folder, path, remove: () => rm(folder, { recursive: true }) };
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  const exited = once(child, "exit") as Promise<[number | null]>;
  child.kill("SIGTERM");
  return (await exited)[0];
}

/** The longest name that a file may have beside its ending; it makes the log's lines long. */
const longName = "n".repeat(240);

/** Exports whose log lines exceed what a pipe and the sink together hold. */
async function exportsUntilDropped(url: string): Promise<void> {
  // As many as a server takes ahead on one connection.
  const requests = get(`/exports/${longName}.csv?rows=0`, { "X-Request-Id": "x".repeat(128) }).repeat(64);
  while ((await statsOf({ url })).log.droppedLines === 0) {
    const answers = await Promise.all([rawAnswers(url, requests), rawAnswers(url, requests)]);
    for (const { answers: all } of answers)
      assert.deepEqual(
        all.map(({ status }) => status),
        Array<number>(64).fill(200),
      );
  }
}

const skip = spawnSync("mkfifo", ["--version"]).error === undefined ? false : "needs mkfifo";

for (const format of ["json", "pretty"] as const) {
  test(
    `continues to serve, stops gracefully and reports lost lines when nobody reads its ${format} log`,
    { skip },
    async (t) => {
      const { folder, path, remove } = await makeFifo();
      t.after(remove);
      const file = join(folder, `${longName}.csv`);
      await writeFile(file, "id\n");
      const both = openSync(path, constants.O_RDWR);
      const { url, child } = await serveInto(t, both, format, [file]);
      await exportsUntilDropped(url);
      assert.equal(await (await fetch(`${url}/livez`)).text(), "ok");
      const metrics = await (await fetch(`${url}/metrics`)).text();
      assert.match(metrics, /^stream_csv_log_lines_dropped_total [1-9]\d*$/m);
      // The reader comes back: the kept lines come first, then the number of lost ones.
      let text = "";
      const reader = createReadStream(path).on("data", (part) => (text += String(part)));
      while (!/lines are lost/.test(text)) await sleep(20);
      reader.destroy();
      assert.match(text, format === "json" ? /transfer completed/ : / ms completed$/m);
      assert.equal(await exitCodeOf(child), 0);
      closeSync(both);
    },
  );
}

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

test("continues to serve when the pipe of its log is closed", { skip }, async (t) => {
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

test("a request that waits for a place and gets none is a warning, and no transfer's failure is told twice", async () => {
  await using server = await startServe(["--slots", "1", "--queue", "0"]);
  const holder = new AbortController();
  const held = fetch(`${server.url}/exports/orders.csv?rows=90000000`, { signal: holder.signal });
  await held;
  assert.equal((await fetch(`${server.url}/exports/orders.csv`)).status, 503);
  const line = await server.logged(({ msg }) => msg === "request refused");
  assert.deepEqual([line["level"], line["status"], line["code"]], [40, 503, "SCSV_BUSY"]);
  holder.abort();
});
