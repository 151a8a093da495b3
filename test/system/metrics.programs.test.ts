import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { after, before, test } from "node:test";
import type { ServerStats } from "../../src/server/metrics/server-stats.ts";
import { endedTransfersOf } from "../harness/ask.ts";
import { startServe, type ServeProcess } from "../harness/cli.ts";

let server: ServeProcess;
before(async () => {
  server = await startServe(["--workers", "2"]);
});
after(async () => {
  await server[Symbol.asyncDispose]();
});

/** Sends a request over a new connection, because a kept connection stays with its worker. */
function get(of: ServeProcess, path: string): Promise<{ readonly type: string; readonly text: string }> {
  return new Promise((resolve, reject) => {
    request(of.url + path, { agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ type: response.headers["content-type"] ?? "", text }));
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

async function metrics(of: ServeProcess): Promise<string> {
  const { type, text } = await get(of, "/metrics");
  assert.equal(type, "text/plain; version=0.0.4; charset=utf-8");
  return text;
}

async function stats(of: ServeProcess): Promise<ServerStats> {
  return JSON.parse((await get(of, "/stats")).text) as ServerStats;
}

/** The value of a sample; without labels, the sum of all samples of the metric. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const samples = text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const fitting = samples.filter((line) =>
    Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  assert.notEqual(fitting.length, 0, `there is no ${name} ${JSON.stringify(labels)}`);
  return fitting.map((line) => Number(line.split(" ").at(-1))).reduce((so, value) => so + value, 0);
}

const promtool = spawnSync("promtool", ["--version"]).error === undefined;

test(
  "passes Prometheus' own checker without a complaint",
  { skip: promtool ? false : "promtool is missing: apt-get install prometheus" },
  async () => {
    await (await fetch(`${server.url}/exports/orders.csv?rows=100`)).text();
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input: await metrics(server),
      encoding: "utf8",
    });
    assert.equal(stdout + stderr, "");
    assert.equal(status, 0);
  },
);

test("has no sample without labels for metrics of exports before the first transfer", async () => {
  await using fresh = await startServe();
  const ofTransfers = /^stream_csv_transfers?_/;
  const lines = (await metrics(fresh)).split("\n").filter((line) => !line.startsWith("#"));
  assert.deepEqual(
    lines.filter((line) => ofTransfers.test(line)),
    [],
  );
  await (await fetch(`${fresh.url}/exports/orders.csv?rows=10`)).text();
  await endedTransfersOf(fresh);
  const later = (await metrics(fresh)).split("\n").filter((line) => ofTransfers.test(line));
  assert.notEqual(later.length, 0);
  for (const line of later)
    assert.match(line, /\{export="orders",delivery="streaming"[,}]|\{le="[^"]+",export=/);
});

test("counts what its clients got, for each export, delivery and outcome", async () => {
  const body = await (await fetch(`${server.url}/exports/wide.csv?rows=50&delivery=buffered`)).arrayBuffer();
  const left = await fetch(`${server.url}/exports/numbers.csv?rows=90000000`);
  await left.body?.cancel();
  await endedTransfersOf(server);
  const text = await metrics(server);
  const wide = { export: "wide", delivery: "buffered" };
  assert.equal(valueOf(text, "stream_csv_transfers_total", { ...wide, outcome: "completed" }), 1);
  assert.equal(valueOf(text, "stream_csv_transfers_total", { ...wide, outcome: "client_gone" }), 0);
  assert.equal(valueOf(text, "stream_csv_transfer_rows_total", wide), 50);
  assert.equal(valueOf(text, "stream_csv_transfer_bytes_total", wide), body.byteLength);
  assert.equal(valueOf(text, "stream_csv_transfer_first_byte_seconds_count", wide), 1);
  const numbers = { export: "numbers", delivery: "streaming" };
  assert.equal(valueOf(text, "stream_csv_transfers_total", { ...numbers, outcome: "client_gone" }), 1);
  assert.equal(valueOf(text, "stream_csv_transfers_total", { ...numbers, outcome: "completed" }), 0);
  const rows = valueOf(text, "stream_csv_transfer_rows_total", numbers);
  assert.ok(rows > 0 && rows < 90_000_000, `${rows} rows`);
});

test("answers while another worker is stopped, with that worker's last numbers and their age", async () => {
  await using halted = await startServe(["--workers", "2"]);
  await (await fetch(`${halted.url}/exports/orders.csv?rows=1000`)).text();
  await endedTransfersOf(halted);
  const earlier = await stats(halted);
  const busy = earlier.workers.find(({ heldSeconds }) => heldSeconds > 0);
  assert.ok(busy);
  process.kill(busy.pid, "SIGSTOP");
  try {
    // Every other connection goes to the stopped worker, so the first answer comes from the other one.
    const [told, text] = await Promise.all([
      Promise.any([stats(halted), stats(halted)]),
      Promise.any([metrics(halted), metrics(halted)]),
    ]);
    const seen = told.workers.find(({ pid }) => pid === busy.pid);
    assert.ok(seen !== undefined && seen.ageSeconds > 0.1, JSON.stringify(told.workers));
    assert.equal(seen.heldSeconds, busy.heldSeconds);
    assert.ok(valueOf(text, "stream_csv_worker_age_seconds", { worker: String(busy.worker) }) > 0.1);
    const { transfers } = JSON.parse(
      (await Promise.any([get(halted, "/transfers"), get(halted, "/transfers")])).text,
    ) as { transfers: readonly { state: string }[] };
    assert.equal(transfers[0]?.state, "completed");
  } finally {
    process.kill(busy.pid, "SIGCONT");
  }
});

test("continues its counters when a worker is killed, and counts that worker's transfers as failed", async () => {
  await using single = await startServe();
  await (await fetch(`${single.url}/exports/orders.csv?rows=200000`)).arrayBuffer();
  await endedTransfersOf(single);
  const cut = await fetch(`${single.url}/exports/orders.csv?rows=50000000`);
  const reading = cut.arrayBuffer();
  const id = cut.headers.get("x-transfer-id");
  const first = await metrics(single);
  const [worker] = (await stats(single)).workers;
  assert.ok(worker);
  process.kill(worker.pid, "SIGKILL");
  await assert.rejects(reading);
  await single.logged(({ msg }) => String(msg).endsWith("another is started"));
  const second = await metrics(single);
  const counters = first.split("\n").flatMap((line) => /^# TYPE (\S+) counter$/.exec(line)?.[1] ?? []);
  assert.ok(counters.length > 8);
  for (const name of counters) assert.ok(valueOf(second, name) >= valueOf(first, name), name);
  assert.equal(valueOf(second, "stream_csv_worker_restarts_total", { worker: "0" }), 1);
  assert.equal(valueOf(second, "stream_csv_transfers_running"), 0);
  assert.equal(valueOf(second, "stream_csv_transfers_total", { outcome: "failed" }), 1);
  assert.equal(valueOf(second, "stream_csv_transfers_total", { outcome: "completed" }), 1);
  const record = (await (await fetch(`${single.url}/transfers/${id}`)).json()) as Record<string, unknown>;
  assert.equal(record["state"], "failed");
  assert.ok(Number(record["heldSeconds"]) > 0);
});
