import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { StreamCsvError } from "../../../../src/errors.ts";
import { openCatalog } from "../../../../src/export/catalog.ts";
import { readExportParameters } from "../../../../src/export/parameters.ts";
import { planExport } from "../../../../src/export/plan.ts";
import type { ServedSource } from "../../../../src/export/served-source.ts";
import type { JobMaking, StoredJob } from "../../../../src/job/job-store.ts";
import type { JobResult } from "../../../../src/job/job.ts";
import type { S3Store } from "../../../../src/job/store/s3/s3-store.ts";
import { startS3Server, type S3Server } from "../../../../dev/s3-server.ts";
import { expectedOf, fewRows, makeJob, mostRows, openStore, uncancelled } from "./make-store.ts";

const { signal } = new AbortController();
let server: S3Server;
let store: S3Store;
before(async () => {
  server = await startS3Server();
  store = await openStore(server);
});
after(async () => {
  await store.close();
  await server[Symbol.asyncDispose]();
});

async function urlsOf(job: StoredJob): Promise<{ readonly url: string; readonly headUrl: string }> {
  const offer = await store.offer(job, signal);
  assert.equal(offer.kind, "url");
  return offer;
}

/** Downloads a result and compares it with what the export gives without a job. */
async function checkDownload(job: JobMaking, result: JobResult): Promise<Response> {
  const expected = await expectedOf(job);
  assert.deepEqual(result, expected);
  const { url, headUrl } = await urlsOf({ ...job, result });
  // A service signs for one method: a client that looks before it downloads needs an address of its own.
  const head = await fetch(headUrl, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), String(expected.bytes));
  assert.equal((await fetch(url, { method: "HEAD" })).status, 403);
  const response = await fetch(url);
  assert.equal(response.status, 200);
  const body = Buffer.from(await response.arrayBuffer());
  assert.equal(body.byteLength, expected.bytes);
  assert.equal(createHash("sha256").update(body).digest("hex"), expected.sha256);
  return response;
}

for (const [size, rows] of [
  ["small", fewRows],
  ["large", mostRows],
] as const) {
  test(`makes a ${size} result, keeps facts about it, and signs an address of it`, async () => {
    const job = await makeJob(rows, 'naïve "orders".csv');
    const result = await store.make(job, uncancelled);
    assert.ok(result.guardedCells > 0);
    const { headers } = await checkDownload(job, result);
    assert.equal(headers.get("content-type"), job.contentType);
    assert.equal(
      headers.get("content-disposition"),
      `attachment; filename="na?ve \\"orders\\".csv"; filename*=UTF-8''na%C3%AFve%20%22orders%22.csv`,
    );
    assert.equal(headers.get("cache-control"), "private, no-store");
    assert.equal(headers.get("x-amz-meta-job"), job.id);
    assert.equal(headers.get("x-amz-meta-sha256"), result.sha256);
    assert.equal(headers.get("x-amz-meta-rows"), String(result.rows));
    assert.equal(headers.get("x-amz-meta-guarded-cells"), String(result.guardedCells));
    assert.deepEqual(await server.unfinished(), []);
    const names = (await server.objects()).filter((name) => name.includes(job.id));
    assert.equal(names.length, 1);
    assert.ok(names[0]?.startsWith(`made/${job.id}/`));
    assert.ok(names[0]?.endsWith(`/${job.filename}`));
    await store.remove({ ...job, result });
  });
}

test("writes a small result by one request, and a large one in parts that S3 takes", async () => {
  const from = server.requests.length;
  await store.make(await makeJob(fewRows), uncancelled);
  const small = server.requests.slice(from).map(({ action }) => action);
  assert.deepEqual(small, ["Put", "Head"]);
  const job = await makeJob(mostRows);
  const { bytes } = await store.make(job, uncancelled);
  const parts = server.requests.slice(from).filter(({ action }) => action === "PutPart");
  assert.equal(parts.length, 3);
  assert.ok(parts.slice(0, -1).every((part) => part.bytes === 16 * 1024 ** 2));
  assert.equal(
    parts.reduce((sum, part) => sum + part.bytes, 0),
    bytes,
  );
});

test("tells how far a job is", async () => {
  const told: number[] = [];
  const { rows } = await store.make(await makeJob(mostRows), {
    signal,
    onProgress: (progress) => told.push(progress.rows),
  });
  assert.ok(told.length > 0);
  assert.ok(told.every((value, index) => value >= (told[index - 1] ?? 0) && value <= rows));
});

test("an address ends after ten minutes, or when the result expires", async () => {
  const job = await makeJob(fewRows);
  const result = await store.make(job, uncancelled);
  const url = new URL((await urlsOf({ ...job, result })).url);
  assert.equal(url.searchParams.get("X-Amz-Expires"), "600");
});

test("keeps a result of an earlier run, and says when it is gone", async () => {
  const job = await makeJob(fewRows);
  const stored = { ...job, result: await store.make(job, uncancelled) };
  const later = await openStore(server);
  assert.equal(await later.adopt(stored), true);
  await later.remove(stored);
  assert.equal(await later.adopt(stored), false);
  await later.remove(stored);
  await assert.rejects(later.offer(stored, signal), {
    code: "SCSV_JOB_RESULT_LOST",
    message: new RegExp(job.id),
  });
  await later.close();
});

test("a result that somebody replaced by something shorter is lost", async () => {
  const job = await makeJob(fewRows);
  const result = await store.make(job, uncancelled);
  await assert.rejects(store.offer({ ...job, result: { ...result, bytes: result.bytes + 1 } }, signal), {
    code: "SCSV_JOB_RESULT_LOST",
  });
});

test("two attempts at one job, whose rows differ, keep their own objects", async () => {
  const job = await makeJob(fewRows);
  const { parameters } = await makeJob(fewRows + 1);
  const [first, second] = await Promise.all([
    store.make(job, uncancelled),
    store.make({ ...job, parameters }, uncancelled),
  ]);
  assert.notEqual(first.sha256, second.sha256);
  await checkDownload(job, first);
  await checkDownload({ ...job, parameters }, second);
});

test("a result whose source has changed since it was planned is made all the same", async () => {
  const job = { ...(await makeJob(fewRows)), key: "0".repeat(64) };
  await checkDownload(job, await store.make(job, uncancelled));
});

test("a job whose export is configured otherwise where it is made fails, and leaves nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-s3-"));
  const module = join(folder, "rows.mjs");
  await writeFile(module, "export default { exports: { pairs: { rows: () => [{ a: 1, b: 2 }] } } };");
  const here: ServedSource = { name: "pairs", module, columns: ["a"] };
  const elsewhere: ServedSource = { ...here, columns: ["b"] };
  const catalog = await openCatalog({ sources: [here] });
  const parameters = readExportParameters([]);
  const { key } = planExport(await catalog.find("pairs"), parameters, { version: "1" });
  const job = { ...(await makeJob(fewRows)), export: "pairs", parameters, version: "1", key };
  try {
    for (const [sources, outcome] of [
      [[here], 1],
      [[elsewhere], "SCSV_SOURCE_CHANGED"],
    ] as const) {
      const one = await openStore(server, {}, "pairs", sources);
      const made = await one.make({ ...job, id: `of-${outcome}` }, uncancelled).then(
        ({ rows }) => rows,
        (error: StreamCsvError) => error.code,
      );
      await one.close();
      assert.equal(made, outcome);
    }
    const left = (await server.objects()).filter((name) => name.includes("of-SCSV"));
    assert.deepEqual(left, []);
  } finally {
    await catalog.close();
    await rm(folder, { recursive: true });
  }
});

test("gives what an export throws, and leaves nothing", async () => {
  const job = { ...(await makeJob(fewRows)), export: "nosuch" };
  await assert.rejects(store.make(job, uncancelled), { code: "SCSV_UNKNOWN_EXPORT" });
  assert.deepEqual(
    (await server.objects()).filter((name) => name.includes(job.id)),
    [],
  );
});
