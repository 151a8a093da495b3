import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import promises, { readFile, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { pino, type Logger } from "pino";
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

function logInto(lines: string[]): Logger {
  return pino({ level: "error" }, { write: (line) => void lines.push(line) });
}

/** Waits until something holds. A test that waits in vain fails by the assertion behind it. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds() && performance.now() < deadline) await sleep(50);
}

const unusable: Readonly<Record<string, [make: (cert: string, key: string) => [string, string], RegExp]>> = {
  "an empty certificate": [(_, key) => ["", key], /"[^"]*cert\.pem" is empty\.$/],
  "an empty key": [(cert) => [cert, ""], /"[^"]*key\.pem" is empty\.$/],
  "two empty files": [() => ["", "\n"], /"[^"]*cert\.pem" is empty\.$/],
  "a certificate and its key in each other's place": [
    (cert, key) => [key, cert],
    /"[^"]*cert\.pem" has no certificate in PEM\.$/,
  ],
  "two certificates": [(cert) => [cert, cert], /"[^"]*key\.pem" has no private key in PEM\.$/],
  "an encrypted key": [
    (cert, key) => [cert, encrypt(key, "pkcs8")],
    /"[^"]*key\.pem" is encrypted: .* openssl pkey -in KEY -out PLAIN_KEY\.$/,
  ],
  "an encrypted key in the older form": [
    (cert, key) => [cert, encrypt(key, "pkcs1")],
    /"[^"]*key\.pem" is encrypted/,
  ],
  "a certificate that breaks off": [(cert, key) => [cert.slice(0, 600), key], /TLS can't use/],
};

function encrypt(key: string, type: "pkcs1" | "pkcs8"): string {
  return createPrivateKey(key)
    .export({ type, format: "pem", cipher: "aes-128-cbc", passphrase: "x" })
    .toString();
}

for (const [kind, [make, expected]] of Object.entries(unusable)) {
  test(`${kind} can't be used, and is named; while a server runs, the earlier ones stay`, async () => {
    await using files = await makeIdentity();
    const read = await readCertificates(files);
    const [cert, key] = make(files.cert, await readFile(files.keyFile, "utf8"));
    await writeFile(files.certFile, cert);
    await writeFile(files.keyFile, key);
    await assert.rejects(readCertificates(files), { code: "SCSV_TLS_UNUSABLE", message: expected });
    const [lines, seen]: [string[], string[]] = [[], []];
    const unwatch = watchCertificates(read, logInto(lines), (changed) => void seen.push(changed.cert));
    try {
      await until(() => lines.length > 0);
      assert.deepEqual(seen, []);
      assert.match(lines[0] ?? "", /the earlier ones stay/);
      const renewed = await files.renew();
      await until(() => seen.length > 0);
      assert.deepEqual(seen, [renewed]);
    } finally {
      unwatch();
    }
  });
}

test("a certificate whose time is over, or hasn't come, is used, and logged once", async () => {
  await using files = await makeIdentity();
  const read = await readCertificates(files);
  const lines: string[] = [];
  let wallMs = read.goodFromMs - 1;
  const clock = { nowMs: () => 0, wallMs: () => wallMs };
  const unwatch = watchCertificates(read, logInto(lines), () => undefined, clock);
  try {
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /the certificate isn't good before \d{4}-\d\d-\d\dT[\d:]+\.000Z/);
    assert.match(lines[0] ?? "", /"certFile":"[^"]*cert\.pem"/);
    wallMs = read.goodUntilMs - 1;
    await sleep(1500);
    assert.equal(lines.length, 1);
    wallMs = read.goodUntilMs;
    await until(() => lines.length > 1);
    assert.match(
      lines[1] ?? "",
      /the certificate expired at \d{4}-\d\d-\d\dT[\d:]+\.000Z, so clients refuse it/,
    );
    await sleep(1500);
    assert.equal(lines.length, 2);
  } finally {
    unwatch();
  }
});
