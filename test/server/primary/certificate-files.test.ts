import assert from "node:assert/strict";
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
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

test("certificates that can't be read for a moment are read when they can be, and logged once", async () => {
  await using files = await makeIdentity();
  const read = await readCertificates(files);
  const cert = await files.renew();
  const lines: string[] = [];
  const log = pino({ level: "error" }, { write: (line) => void lines.push(line) });
  const native = promises.readFile;
  let failures = 0;
  const fail = (...args: readonly unknown[]): Promise<unknown> => {
    if (args[0] !== files.certFile || failures === 2)
      return Promise.resolve(Reflect.apply(native, promises, args));
    failures += 1;
    return Promise.reject(Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }));
  };
  Object.assign(promises, { readFile: fail });
  syncBuiltinESMExports();
  const seen: string[] = [];
  const unwatch = watchCertificates(read, log, (changed) => void seen.push(changed.cert));
  try {
    const deadline = performance.now() + 20_000;
    while (seen.length === 0 && performance.now() < deadline) await sleep(50);
  } finally {
    unwatch();
    Object.assign(promises, { readFile: native });
    syncBuiltinESMExports();
  }
  assert.deepEqual(seen, [cert]);
  assert.equal(failures, 2);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /EMFILE/);
});
