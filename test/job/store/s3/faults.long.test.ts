import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { startS3Server, type S3Fault, type S3Request, type S3Server } from "../../../../dev/s3-server.ts";
import { expectedOf, fewRows, makeJob, manyRows, openStore, uncancelled } from "./make-store.ts";

let server: S3Server;
beforeEach(async () => {
  server = await startS3Server();
});
afterEach(() => server[Symbol.asyncDispose]());

async function assertNothingLeft(): Promise<void> {
  assert.deepEqual(await server.objects(), []);
  assert.deepEqual(await server.unfinished(), []);
  assert.deepEqual(childrenOfThis(), []);
}

function childrenOfThis(): readonly number[] {
  const text = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

const skip = process.platform === "linux" ? false : "needs /proc";

for (const [rows, faults] of [
  [fewRows, { Put: ["error", "cut", "lost"], Head: ["error", "lost"] }],
  [
    manyRows,
    {
      BeginUpload: ["lost", "error"],
      PutPart: ["error", "cut", "lost"],
      Complete: ["error", "lost"],
      Copy: ["error", "lost"],
      Head: ["lost"],
      Delete: ["error"],
    },
  ],
] as const) {
  test(`a result of ${rows} rows is whole after faults of each request`, { skip }, async () => {
    const left = new Map<string, S3Fault[]>(Object.entries(faults).map(([name, list]) => [name, [...list]]));
    server.onRequest = ({ action }) => left.get(action)?.shift();
    await using store = closing(await openStore(server));
    const job = await makeJob(rows);
    const result = await store.it.make(job, uncancelled);
    assert.deepEqual(
      [...left.values()].flatMap((list) => list),
      [],
    );
    assert.deepEqual(result, await expectedOf(job));
    assert.deepEqual(await server.unfinished(), []);
    assert.equal((await server.objects()).length, 1);
    const offer = await store.it.offer({ ...job, result }, uncancelled.signal);
    assert.equal(offer.kind, "url");
    assert.equal((await (await fetch(offer.url)).arrayBuffer()).byteLength, result.bytes);
    await store.it.remove({ ...job, result });
    await assertNothingLeft();
  });
}

for (const [action, fault, rows] of [
  ["Put", "error", fewRows],
  ["Put", "lost", fewRows],
  ["Head", "error", fewRows],
  ["BeginUpload", "lost", manyRows],
  ["PutPart", "error", manyRows],
  ["PutPart", "cut", manyRows],
  ["Complete", "error", manyRows],
  ["Copy", "lost", manyRows],
] as const) {
  test(`a job fails and leaves nothing when ${action} always ends as "${fault}"`, { skip }, async () => {
    server.onRequest = (request) => (request.action === action ? fault : undefined);
    await using store = closing(await openStore(server, { attempts: 2 }));
    await assert.rejects(store.it.make(await makeJob(rows), uncancelled), {
      code: "SCSV_STORE_UNAVAILABLE",
      message: fault === "error" && action !== "Head" ? /503 SlowDown Please reduce/ : /s3:\/\/exports/,
    });
    await assertNothingLeft();
  });
}

test("says what a store refuses, and nothing of credentials", { skip }, async () => {
  server.onRequest = ({ action }) => (action === "Put" ? "denied" : undefined);
  await using store = closing(await openStore(server));
  await assert.rejects(
    store.it.make(await makeJob(fewRows), uncancelled),
    (error: Error & { hint: string }) => {
      assert.equal(
        error.message,
        "The store s3://exports failed to write a result: 403 AccessDenied Access Denied.",
      );
      assert.match(error.hint, /credentials/);
      assert.doesNotMatch(inspect(error), /S3RVER|signature/i);
      return true;
    },
  );
  assert.equal(server.requests.filter(({ action }) => action === "Put").length, 1);
});

for (const [action, rows] of [
  ["Put", fewRows],
  ["BeginUpload", manyRows],
  ["PutPart", manyRows],
  ["Complete", manyRows],
  ["Copy", manyRows],
] as const) {
  test(`a job that is cancelled during ${action} leaves nothing`, { skip }, async () => {
    const stop = new AbortController();
    const reason = new Error("nobody wants it");
    server.onRequest = at(action, () => {
      stop.abort(reason);
      return "hang";
    });
    await using store = closing(await openStore(server));
    const options = { ...uncancelled, signal: stop.signal };
    await assert.rejects(store.it.make(await makeJob(rows), options), reason);
    await assertNothingLeft();
  });
}

for (const [action, rows] of [
  ["Put", fewRows],
  ["BeginUpload", manyRows],
  ["PutPart", manyRows],
] as const) {
  test(`a job whose process is killed during ${action} fails and leaves nothing`, { skip }, async () => {
    server.onRequest = at(action, () => {
      for (const pid of childrenOfThis()) process.kill(pid, "SIGKILL");
      return undefined;
    });
    await using store = closing(await openStore(server, { againMs: 200 }));
    await assert.rejects(store.it.make(await makeJob(rows), uncancelled), {
      code: "SCSV_WORKER_FAILED",
      message: 'The process that uploaded the result of "orders" died (SIGKILL).',
    });
    // What was on its way when the process died may be done after the first removal, and is removed by the second.
    while ((await server.objects()).length > 0) await sleep(20);
    await assertNothingLeft();
  });
}

test("removes what a failed job has left when the store is back", { skip }, async () => {
  const warnings: Error[] = [];
  const isBack = { yet: false };
  server.onRequest = ({ action }) =>
    isBack.yet || (action !== "PutPart" && action !== "AbortUpload") ? undefined : "denied";
  const options = { againMs: 10, onWarning: (error: Error) => void warnings.push(error) };
  await using store = closing(await openStore(server, options));
  await assert.rejects(store.it.make(await makeJob(manyRows), uncancelled), {
    code: "SCSV_STORE_UNAVAILABLE",
  });
  assert.equal((await server.unfinished()).length, 1);
  assert.match(warnings[0]?.message ?? "", /failed to abort an upload: 403/);
  isBack.yet = true;
  while ((await server.unfinished()).length > 0) await sleep(10);
  await assertNothingLeft();
});

test("tries the last time when it is closed", { skip }, async () => {
  const isBack = { yet: false };
  server.onRequest = ({ action }) =>
    isBack.yet || (action !== "PutPart" && action !== "AbortUpload") ? undefined : "denied";
  const store = await openStore(server, { onWarning: () => undefined });
  await assert.rejects(store.make(await makeJob(manyRows), uncancelled), { code: "SCSV_STORE_UNAVAILABLE" });
  isBack.yet = true;
  await store.close();
  await assertNothingLeft();
});

test("aborts uploads of dead servers when it is opened, and no others", { skip }, async () => {
  server.onRequest = ({ action }) =>
    action === "PutPart" || action === "AbortUpload" ? "denied" : undefined;
  for (const prefix of ["made", "others"]) {
    const dying = await openStore(server, { onWarning: () => undefined }, prefix);
    await assert.rejects(dying.make(await makeJob(manyRows), uncancelled), {
      code: "SCSV_STORE_UNAVAILABLE",
    });
    await dying.close();
  }
  server.onRequest = () => undefined;
  await (await openStore(server)).close();
  assert.equal((await server.unfinished()).length, 2);
  const inThreeDays = { nowMs: () => 0, wallMs: () => Date.now() + 3 * 24 * 3_600_000 };
  await using later = closing(await openStore(server, { clock: inThreeDays }));
  while ((await server.unfinished()).length > 1) await sleep(10);
  assert.match((await server.unfinished())[0] ?? "", /^others\//);
  assert.ok(later.it);
});

test("a store that can't be reached is a fault of requests, not of opening", async () => {
  const warnings: Error[] = [];
  const gone = { bucket: "exports", endpoint: "http://127.0.0.1:9" };
  await using store = closing(await openStore(gone, { onWarning: (error) => void warnings.push(error) }));
  const job = await makeJob(fewRows);
  const stored = { ...job, result: { rows: 1, bytes: 1, guardedCells: 0, sha256: "0".repeat(64) } };
  const unavailable = { code: "SCSV_STORE_UNAVAILABLE", message: /ECONNREFUSED/ };
  await assert.rejects(store.it.adopt(stored), unavailable);
  await assert.rejects(store.it.offer(stored, uncancelled.signal), unavailable);
  await assert.rejects(store.it.remove(stored), unavailable);
  assert.match(warnings[0]?.message ?? "", /failed to list unfinished uploads: ECONNREFUSED/);
});

/** A fault of the first request of a kind. */
function at(action: S3Request["action"], fault: () => S3Fault | undefined): S3Server["onRequest"] {
  let isDone = false;
  return (request) => {
    if (isDone || request.action !== action) return undefined;
    isDone = true;
    return fault();
  };
}

function closing<T extends { close(): Promise<void> }>(it: T): AsyncDisposable & { readonly it: T } {
  return { it, [Symbol.asyncDispose]: () => it.close() };
}
