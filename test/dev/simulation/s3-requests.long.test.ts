import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { requestsInAll, requestsToMake } from "../../../dev/simulation/s3-requests.ts";
import type { S3Store } from "../../../src/job/store/s3/s3-store.ts";
import { startS3Server, type S3Server } from "../../../dev/s3-server.ts";
import {
  fewRows,
  makeJob,
  manyRows,
  mostRows,
  openStore,
  uncancelled,
} from "../../job/store/s3/make-store.ts";

let server: S3Server;
let store: S3Store;
before(async () => {
  server = await startS3Server();
  store = await openStore(server);
  // At its start it looks once for what killed servers left.
  while (server.requests.length === 0) await sleep(5);
});
after(async () => {
  await store.close();
  await server[Symbol.asyncDispose]();
});

for (const rows of [fewRows, manyRows, mostRows]) {
  test(`the store sends the calculated requests for ${rows} rows`, async () => {
    const job = await makeJob(rows);
    const earlier = server.requests.length;
    const result = await store.make(job, uncancelled);
    const offer = await store.offer({ ...job, result }, uncancelled.signal);
    assert.equal(offer.kind, "url");
    await (await fetch(offer.url)).arrayBuffer();
    await store.remove({ ...job, result });
    const sent = server.requests.slice(earlier);
    const count = (...actions: readonly string[]): number =>
      sent.filter(({ action }) => actions.includes(action)).length;
    const counted = {
      writes: count("BeginUpload", "Complete", "Copy", "CopyPart", "ListUploads", "Put", "PutPart"),
      reads: count("Get", "Head"),
      deletes: count("AbortUpload", "Delete"),
    };
    assert.deepEqual(counted, requestsInAll(result.bytes, 1));
  });
}

test("a result of one part is one write, and one above 1 GiB is copied in pieces", () => {
  const mebibyte = 1024 ** 2;
  assert.deepEqual(requestsToMake(16 * mebibyte), { writes: 1, reads: 1, deletes: 0 });
  // Begun, two parts, completed, copied, listed; aborted and removed.
  assert.deepEqual(requestsToMake(16 * mebibyte + 1), { writes: 6, reads: 1, deletes: 2 });
  // Of 2 GiB: begun, 128 parts, completed; begun, 2 pieces, completed; listed.
  assert.deepEqual(requestsToMake(2048 * mebibyte), { writes: 135, reads: 1, deletes: 2 });
});
