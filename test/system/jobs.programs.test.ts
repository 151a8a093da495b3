import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../../src/server.ts";
import { bearer, signed, startGuarded, token } from "../harness/access-server.ts";
import { statsOf, statsWhen, transfersOf } from "../harness/ask.ts";
import { startServe } from "../harness/cli.ts";
import { cancelJob, jobOf, jobWhen, submit, type ToldJob } from "../harness/jobs.ts";
import { connectTo, get } from "../harness/raw-client.ts";

let root: string;
let server: Awaited<ReturnType<typeof startServer>>;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "jobs-"));
  server = await startServer({ port: 0, log: { level: "silent" }, workers: 2, queue: 0, slots: 2 });
});
after(async () => {
  server.kill();
  await server.stopped;
  await rm(root, { recursive: true, force: true });
});

/** Long enough that it still runs when it is looked at, however fast the machine is. */
const endless = 9_000_000_000;

test("a job is accepted at once, shown while it runs, and its result is the export", async () => {
  const response = await fetch(`${server.url}/exports/orders/jobs?rows=50000`, { method: "POST" });
  assert.equal(response.status, 202);
  const accepted = (await response.json()) as ToldJob;
  assert.equal(response.headers.get("location"), `/jobs/${accepted.id}`);
  assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
  assert.deepEqual(accepted.parameters, { rows: 50_000, dialect: "rfc4180" });
  const done = await jobWhen(server, accepted.id);
  assert.equal(done.state, "completed");
  assert.equal(done.rows, 50_000);
  const streamed = await (await fetch(`${server.url}/exports/orders.csv?rows=50000`)).text();
  const result = await fetch(`${server.url}${done.result?.url}`);
  assert.equal(await result.text(), streamed);
  assert.equal(done.result?.sha256, createHash("sha256").update(streamed).digest("hex"));
  assert.equal(result.headers.get("etag"), `"${done.result.sha256}"`);
  assert.equal(result.headers.get("x-row-count"), "50000");
  assert.equal(result.headers.get("content-disposition"), 'attachment; filename="orders.csv"');
  assert.equal(result.headers.get("x-content-type-options"), "nosniff");
});

test("parameters in the body of a job are refused and not ignored, and an empty body is none", async () => {
  const url = `${server.url}/exports/numbers/jobs?rows=10`;
  const bodies = [JSON.stringify({ rows: 5 }), new URLSearchParams({ rows: "5" })];
  for (const body of bodies) {
    const headers = typeof body === "string" ? { "Content-Type": "application/json" } : {};
    const refused = await fetch(url, { method: "POST", body, headers });
    assert.equal(refused.status, 400);
    const problem = (await refused.json()) as { readonly code: string; readonly detail: string };
    assert.equal(problem.code, "SCSV_BAD_PARAMETER");
    assert.match(problem.detail, /a body of \d+ bytes .* belong into the query/);
  }
  for (const body of ["", "{}"]) {
    const headers = { "Content-Type": "application/json" };
    const taken = await fetch(url, { method: "POST", body, headers });
    assert.ok(taken.ok, String(taken.status));
    await taken.body?.cancel();
  }
});

test("the same plan is the same job, over all workers, and 200", async () => {
  const first = await submit(server, "numbers?rows=1000");
  for (let turn = 0; turn < 6; turn += 1) {
    const again = await fetch(`${server.url}/exports/numbers/jobs?rows=1000`, { method: "POST" });
    assert.equal(again.status, 200);
    assert.equal(((await again.json()) as ToldJob).id, first.id);
  }
  assert.notEqual((await submit(server, "numbers?rows=1001")).id, first.id);
});

test("respond-async on the export itself is the same", async () => {
  const url = `${server.url}/exports/orders.csv?rows=777`;
  const response = await fetch(url, { headers: { Prefer: "handling=lenient, respond-async; wait=1" } });
  assert.equal(response.status, 202);
  assert.equal(response.headers.get("preference-applied"), "respond-async");
  const { id } = (await response.json()) as ToldJob;
  assert.equal((await submit(server, "orders?rows=777")).id, id);
  const plain = await fetch(url, { headers: { Prefer: "return=minimal" } });
  assert.equal(plain.status, 200);
  await plain.body?.cancel();
});

test("respond-async is ignored where a job can't be the answer", async () => {
  const path = join(root, "live.csv");
  await writeFile(path, "id\n1\n");
  const sources = [{ path, deliveries: ["streaming"] as const }];
  const streaming = await startServer({ port: 0, log: { level: "silent" }, sources });
  try {
    for (const url of [
      `${server.url}/exports/orders.csv?rows=7&delivery=streaming`,
      `${server.url}/exports/orders.csv?rows=7&delivery=buffered`,
      `${streaming.url}/exports/live.csv`,
    ]) {
      const preferring = await fetch(url, { headers: { Prefer: "respond-async" } });
      assert.equal(preferring.status, 200, url);
      assert.equal(preferring.headers.get("preference-applied"), null);
      assert.equal(await preferring.text(), await (await fetch(url)).text());
    }
    const misspelt = await fetch(`${server.url}/exports/orders.csv?delivery=steaming`, {
      headers: { Prefer: "respond-async" },
    });
    assert.equal(misspelt.status, 400);
    await misspelt.body?.cancel();
  } finally {
    streaming.kill();
    await streaming.stopped;
  }
});

test("ranges, conditions and HEAD work on a result", async () => {
  const { id } = await submit(server, "orders?rows=500");
  await jobWhen(server, id);
  const url = `${server.url}/jobs/${id}.csv`;
  const whole = await (await fetch(url)).text();
  const part = await fetch(url, { headers: { Range: "bytes=10-19" } });
  assert.equal(part.status, 206);
  assert.equal(await part.text(), whole.slice(10, 20));
  const head = await fetch(url, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(whole)));
  const etag = head.headers.get("etag") ?? "";
  assert.equal((await fetch(url, { headers: { "If-None-Match": etag } })).status, 304);
});

test("an unfinished job has no result yet, and is cancelled for good", async () => {
  const { id } = await submit(server, `orders?rows=${endless}`);
  await jobWhen(server, id, ({ rows }) => rows > 100);
  const early = await fetch(`${server.url}/jobs/${id}.csv`);
  assert.equal(early.status, 409);
  assert.equal(((await early.json()) as { code: string }).code, "SCSV_JOB_UNFINISHED");
  assert.match(early.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal(await cancelJob(server, id), 202);
  const cancelled = await jobWhen(server, id);
  assert.deepEqual([cancelled.state, cancelled.error, cancelled.result], ["cancelled", null, null]);
  assert.equal((await fetch(`${server.url}/jobs/${id}.csv`)).status, 410);
  assert.equal(await cancelJob(server, id), 409);
});

test("bad parameters, unknown exports and jobs, and other methods are refused by name", async () => {
  const post = (path: string): Promise<Response> => fetch(`${server.url}${path}`, { method: "POST" });
  for (const [path, status, code] of [
    ["/exports/orders/jobs?rows=x", 400, "SCSV_BAD_PARAMETER"],
    ["/exports/orders/jobs?delivery=streaming", 400, "SCSV_BAD_PARAMETER"],
    ["/exports/orders/jobs?nonsense=1", 400, "SCSV_BAD_PARAMETER"],
    ["/exports/nothing/jobs", 404, "SCSV_UNKNOWN_EXPORT"],
    ["/exports//jobs", 404, "SCSV_NOT_FOUND"],
    ["/jobs", 405, "SCSV_METHOD_NOT_ALLOWED"],
  ] as const) {
    const response = await post(path);
    assert.equal(response.status, status, path);
    assert.equal(((await response.json()) as { code: string }).code, code, path);
  }
  assert.equal((await fetch(`${server.url}/jobs/nobody`)).status, 404);
  assert.equal((await fetch(`${server.url}/jobs/nobody.csv`)).status, 404);
  assert.equal((await fetch(`${server.url}/exports/orders/jobs`)).status, 405);
});

test("a path with thousands of segments costs no more than its length", async () => {
  const answer = await fetch(`${server.url}/${"a/".repeat(3500)}`);
  assert.equal(answer.status, 404);
});

test("/stats and /metrics count jobs", async () => {
  const earlier = (await statsOf(server)).jobs;
  const { id } = await submit(server, "text?rows=10");
  await jobWhen(server, id);
  const { jobs } = await statsOf(server);
  assert.deepEqual([jobs.engine, jobs.store], ["local", "folder"]);
  assert.equal(jobs.completed, earlier.completed + 1);
  assert.equal(jobs.rows, earlier.rows + 10);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^stream_csv_jobs_total\{state="completed"\} \d+$/m);
  assert.match(metrics, /^stream_csv_jobs_queued \d+$/m);
});

test("jobs survive a restart, and starts that fail; one that ran has failed", async () => {
  const folder = join(root, "kept");
  const options = {
    port: 0,
    log: { level: "silent" },
    spoolDirectory: folder,
    jobs: { concurrency: 1 },
  } as const;
  const first = await startServer(options);
  const done = await submit(first, "orders?rows=1000");
  const sha256 = (await jobWhen(first, done.id)).result?.sha256;
  const running = await submit(first, `orders?rows=${endless}`);
  await jobWhen(first, running.id, ({ rows }) => rows > 100);
  const waiting = await submit(first, "orders?rows=1001");
  assert.equal(waiting.state, "queued");
  first.kill();
  await first.stopped;
  const port = Number(new URL(server.url).port);
  await assert.rejects(startServer({ ...options, port }), { code: "SCSV_PORT_UNAVAILABLE" });
  await assert.rejects(startServer({ ...options, sources: ["/nowhere/gone.csv"] }), /gone\.csv/);
  const second = await startServer(options);
  try {
    const text = await (await fetch(`${second.url}/jobs/${done.id}.csv`)).text();
    assert.equal(createHash("sha256").update(text).digest("hex"), sha256);
    const { state, error } = await jobOf(second, running.id);
    assert.deepEqual([state, error?.code], ["failed", "SCSV_JOB_STOPPED"]);
    assert.equal((await submit(second, "orders?rows=1000")).id, done.id);
    assert.equal((await jobWhen(second, waiting.id)).state, "completed");
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.endsWith(".part")),
      [],
    );
  } finally {
    second.kill();
    await second.stopped;
  }
});

test(
  "results that are checked after a restart take no more than four processes at once",
  { skip: process.platform === "linux" ? false : "other systems have no /proc" },
  async () => {
    const options = { port: 0, log: { level: "silent" }, spoolDirectory: join(root, "many") } as const;
    // From 110 bytes a row: checked in the primary, and by a process.
    const plans = [10, 60_000, 60_001, 60_002, 60_003, 60_004];
    const first = await startServer(options);
    const jobs = await Promise.all(plans.map((rows) => submit(first, `orders?rows=${rows}`)));
    for (const { id } of jobs) assert.equal((await jobWhen(first, id)).state, "completed");
    first.kill();
    await first.stopped;
    const second = await startServer(options);
    try {
      let most = 0;
      const counting = setInterval(() => {
        most = Math.max(most, makersOf(process.pid).length);
      }, 5);
      const answers = await Promise.all(
        jobs.map(async ({ id }) => {
          const answer = await fetch(`${second.url}/jobs/${id}.csv`);
          return [answer.status, (await answer.text()).split("\r\n").length > 10];
        }),
      );
      clearInterval(counting);
      for (const answer of answers) assert.deepEqual(answer, [200, true]);
      assert.ok(most >= 1 && most <= 4, `${most} processes`);
    } finally {
      second.kill();
      await second.stopped;
    }
  },
);

test(
  "a check of a result ends when the client that asked for it leaves",
  { skip: process.platform === "linux" ? false : "other systems have no /proc" },
  async () => {
    const options = { port: 0, log: { level: "silent" }, spoolDirectory: join(root, "left") } as const;
    const first = await startServer(options);
    const ids: string[] = [];
    for (const rows of [100_001, 100_000]) {
      const { id } = await submit(first, `orders?rows=${rows}`);
      assert.equal((await jobWhen(first, id)).state, "completed");
      ids.push(id);
    }
    first.kill();
    await first.stopped;
    const second = await startServer(options);
    const [staying, leaving] = [new AbortController(), new AbortController()];
    const [stayingUrl, leavingUrl] = ids.map((id) => `${second.url}/jobs/${id}.csv`) as [string, string];
    /** Begins a check that can't end by itself, because its process is stopped. */
    const begin = async (url: string, { signal }: AbortController) => {
      const others = makersOf(process.pid);
      const asked = fetch(url, { signal });
      let pid: number | undefined;
      while (pid === undefined) {
        await sleep(1);
        pid = makersOf(process.pid).find((one) => !others.includes(one));
      }
      process.kill(pid, "SIGSTOP");
      return { asked, pid };
    };
    try {
      // Both would be killed in the end because they don't answer, and the one that has been stopped for longer before the other.
      const stayed = await begin(stayingUrl, staying);
      const left = await begin(leavingUrl, leaving);
      assert.equal((await statsOf(second)).spool.builds, 2);
      leaving.abort();
      await assert.rejects(left.asked, { name: "AbortError" });
      await statsWhen(second, ({ spool }) => spool.builds < 2);
      assert.deepEqual(makersOf(process.pid), [stayed.pid], "the check went on without a client");
      staying.abort();
      await assert.rejects(stayed.asked, { name: "AbortError" });
      await statsWhen(second, ({ spool }) => spool.builds === 0);
      const again = await fetch(leavingUrl);
      assert.equal(again.status, 200);
      assert.equal((await again.text()).split("\r\n").length > 100_000, true);
      await statsWhen(second, ({ spool }) => spool.leases === 0);
    } finally {
      staying.abort();
      leaving.abort();
      second.kill();
      await second.stopped;
    }
  },
);

/** The processes that make or check files for a server, by the id of its primary. */
function makersOf(primary: number): readonly number[] {
  const children = readFileSync(`/proc/${primary}/task/${primary}/children`, "utf8").trim().split(" ");
  return children.map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("builder");
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

test("a job that waits for a file together with a request goes on when the request finds no slot", async () => {
  const own = await startServer({ port: 0, log: { level: "silent" }, queueTimeoutMs: 1000 });
  const aborts = new AbortController();
  try {
    const { signal } = aborts;
    for (const seed of [1, 2, 3, 4])
      fetch(`${own.url}/exports/orders.csv?delivery=file&rows=15000000&seed=${seed}`, { signal }).catch(
        () => undefined,
      );
    await statsWhen(own, ({ spool }) => spool.builds === 4);
    const request = fetch(`${own.url}/exports/orders.csv?delivery=file&rows=1000`);
    while ((await transfersOf(own)).length < 5) await sleep(20);
    const { id } = await submit(own, "orders?rows=1000");
    assert.equal((await request).status, 503);
    const { state, error } = await jobWhen(own, id);
    assert.deepEqual([state, error], ["completed", null]);
  } finally {
    aborts.abort();
    own.kill();
    await own.stopped;
  }
});

test("a lost result is said to be lost, and made anew when it is asked for", async () => {
  const folder = join(root, "lost");
  const options = { port: 0, log: { level: "silent" }, spoolDirectory: folder } as const;
  const own = await startServer(options);
  try {
    const { id } = await submit(own, "orders?rows=1000");
    await jobWhen(own, id);
    const text = (await readdir(folder)).find((name) => name.endsWith(".csv")) ?? "";
    await writeFile(join(folder, text), "tampered");
    const answer = await fetch(`${own.url}/jobs/${id}.csv`);
    assert.equal(answer.status, 410);
    assert.equal(((await answer.json()) as { code: string }).code, "SCSV_JOB_RESULT_LOST");
    const again = await submit(own, "orders?rows=1000");
    assert.notEqual(again.id, id);
    assert.equal((await jobWhen(own, again.id)).state, "completed");
  } finally {
    own.kill();
    await own.stopped;
  }
});

test("results count against the size of the folder", async () => {
  const spool = ["--spool-dir", join(root, "small"), "--spool-size", "200k"];
  await using own = await startServe([...spool, "--no-config"]);
  const first = await submit(own, "orders?rows=1200");
  assert.equal((await jobWhen(own, first.id)).state, "completed");
  // It doesn't fit beside the first, which is kept.
  const second = await submit(own, "orders?rows=1300");
  const failed = await jobWhen(own, second.id);
  assert.deepEqual([failed.state, failed.error?.code], ["failed", "SCSV_BUSY"]);
});

test("a result is removed when it expires, and leaves its room to others", async () => {
  const spool = ["--spool-dir", join(root, "expiring"), "--spool-size", "200k"];
  await using own = await startServe([...spool, "--config", await configuration({ keep: "2s" })]);
  const first = await submit(own, "orders?rows=1200");
  assert.equal((await jobWhen(own, first.id)).state, "completed");
  const expired = await jobWhen(own, first.id, ({ state }) => state === "expired");
  assert.equal(expired.result, null);
  assert.equal((await fetch(`${own.url}/jobs/${first.id}.csv`)).status, 410);
  const second = await submit(own, "orders?rows=1300");
  assert.equal((await jobWhen(own, second.id)).state, "completed");
});

async function configuration(jobs: object): Promise<string> {
  const file = join(root, "stream-csv.json");
  await writeFile(file, JSON.stringify({ jobs }));
  return file;
}

test("a token has jobs of its own: others' are unknown, and links lead to results alone", async () => {
  const tokens = [token("acme", { exports: ["orders"] }), token("other"), token("root", { admin: true })];
  await using guarded = await startGuarded(tokens);
  const { headers } = bearer("acme");
  const mine = await submit(guarded, "orders?rows=100", headers);
  assert.equal(mine.token, "acme");
  assert.notEqual((await submit(guarded, "orders?rows=100", bearer("other").headers)).id, mine.id);
  await jobWhen(guarded, mine.id, undefined, headers);
  const statusOf = async (path: string, who: object = {}): Promise<number> => {
    const response = await fetch(guarded.url + path, who);
    await response.arrayBuffer();
    return response.status;
  };
  assert.equal(await statusOf(`/jobs/${mine.id}`, bearer("other")), 404);
  assert.equal(await statusOf(`/jobs/${mine.id}.csv`, bearer("other")), 404);
  assert.equal(await statusOf(`/jobs/${mine.id}`, { method: "DELETE", ...bearer("other") }), 404);
  assert.equal(await statusOf(`/jobs/${mine.id}.csv`, bearer("acme")), 200);
  assert.equal(await statusOf(`/jobs/${mine.id}`, bearer("root")), 200);
  assert.equal(await statusOf(`/jobs/${mine.id}`), 401);
  assert.equal(await statusOf("/exports/numbers/jobs", { method: "POST", ...bearer("acme") }), 404);
  assert.equal(await statusOf("/exports/orders/jobs", { method: "POST" }), 401);
  assert.equal(await statusOf(signed(`/jobs/${mine.id}.csv`)), 200);
  assert.equal(await statusOf(signed(`/jobs/${mine.id}`)), 403);
  assert.equal(await statusOf(signed("/exports/orders/jobs"), { method: "POST" }), 403);
  const origin = { Origin: "https://elsewhere.example", ...headers };
  assert.equal(await statusOf("/exports/orders/jobs", { method: "POST", headers: origin }), 403);
  const list = (await (await fetch(`${guarded.url}/jobs`, bearer("acme"))).json()) as {
    jobs: readonly ToldJob[];
  };
  assert.deepEqual(
    list.jobs.map(({ id }) => id),
    [mine.id],
  );
});

test("the rate of a token counts new jobs", async () => {
  await using guarded = await startGuarded([token("two", { rate: "2/h" })]);
  const { headers } = bearer("two");
  const first = await submit(guarded, "orders?rows=1", headers);
  await submit(guarded, "orders?rows=2", headers);
  assert.equal((await submit(guarded, "orders?rows=1", headers)).id, first.id);
  const refused = await fetch(`${guarded.url}/exports/orders/jobs?rows=3`, { method: "POST", headers });
  assert.equal(refused.status, 429);
});

test("reading a result counts as a transfer, and a reader that leaves gives it back", async () => {
  const { id } = await submit(server, "orders?rows=100000");
  await jobWhen(server, id);
  const client = await connectTo(server.url, get(`/jobs/${id}.csv`));
  await client.firstBytes();
  client.socket.destroy();
  await statsWhen(server, ({ exports }) => exports.every(({ running }) => running === 0));
  assert.equal((await fetch(`${server.url}/jobs/${id}.csv`, { method: "HEAD" })).status, 200);
});
