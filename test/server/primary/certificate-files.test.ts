import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { readCertificates, watchCertificates } from "../../../src/server/primary/certificate-files.ts";
import { makeIdentity } from "../../harness/tls.ts";

test("certificates that are replaced before their watch begins are read again, and once", async () => {
  await using files = await makeIdentity();
  const read = await readCertificates(files);
  assert.equal(read.certificates.cert, files.cert);
  const cert = await files.renew();
  const seen: string[] = [];
  const unwatch = watchCertificates(read, pino({ level: "silent" }), (changed) => {
    seen.push(changed.cert);
  });
  while (seen.length === 0) await sleep(50);
  await sleep(2500);
  unwatch();
  assert.deepEqual(seen, [cert]);
});
