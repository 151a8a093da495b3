import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { askingPatience, connect, resolveAddress } from "../../../../src/job/store/s3/connect.ts";
import { loadS3Presigner, loadS3Sdk } from "../../../../src/job/store/s3/load-sdk.ts";
import { s3Fault } from "../../../../src/job/store/s3/s3-fault.ts";
import { parseS3Location } from "../../../../src/job/store/s3/s3-location.ts";
import { S3Store } from "../../../../src/job/store/s3/s3-store.ts";

test("reads where results go", () => {
  assert.deepEqual(parseS3Location("s3://exports"), { bucket: "exports", prefix: "" });
  assert.deepEqual(parseS3Location("s3://exports/"), { bucket: "exports", prefix: "" });
  assert.deepEqual(parseS3Location("s3://my.exports/a/b c/"), { bucket: "my.exports", prefix: "a/b c/" });
});

for (const text of [
  "",
  "exports",
  "s3:/exports",
  "s3://",
  "s3:///prefix",
  "s3://-exports/prefix",
  "s3://user:secret@exports/prefix",
  "s3://exports/a//b",
  "s3://exports/../b",
  "s3://exports/a?b=c",
  "s3://exports/a\nb",
  `s3://exports/${"a".repeat(700)}`,
]) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))} and says what is allowed`, () => {
    assert.throws(() => parseS3Location(text), {
      code: "SCSV_BAD_SETTING",
      message: /is not a store of jobs: use s3:\/\/BUCKET\/PREFIX, where /,
    });
  });
}

test("names the command that installs missing packages", async () => {
  const missing = {
    code: "SCSV_STORE_MISSING",
    message: /npm install @aws-sdk\/client-s3 @aws-sdk\/s3-request-presigner/,
  };
  await assert.rejects(
    loadS3Sdk(() => Promise.reject(new Error("not found"))),
    missing,
  );
  await assert.rejects(
    loadS3Presigner(() => Promise.reject(new Error("not found"))),
    missing,
  );
});

test("needs a region of AWS, and none of a service with an endpoint", async () => {
  for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION"]) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" });
  const settings = {
    store: "s3://exports",
    endpoint: null,
    forcePathStyle: false,
    region: null,
    keepMs: 1000,
  };
  await assert.rejects(S3Store.open(settings, [], { onWarning: (error) => assert.fail(error) }), {
    code: "SCSV_BAD_SETTING",
    message: "The S3 store of the jobs has no region: set region of the jobs, or AWS_REGION.",
  });
  const sdk = await loadS3Sdk();
  const there = { ...settings, endpoint: "http://127.0.0.1:9" };
  assert.equal((await resolveAddress(sdk, there)).region, "us-east-1");
  assert.equal((await resolveAddress(sdk, { ...there, region: "eu-central-1" })).region, "eu-central-1");
});

for (const endpoint of [
  "",
  "storage",
  "ftp://storage",
  "http://user:secret@storage",
  "https://storage?x-amz-a=1",
]) {
  test(`refuses the endpoint ${JSON.stringify(endpoint)} without quoting it`, async () => {
    const address = { endpoint, forcePathStyle: true, region: null };
    await assert.rejects(resolveAddress(await loadS3Sdk(), address), (error: Error & { code: string }) => {
      assert.equal(error.code, "SCSV_BAD_SETTING");
      assert.match(error.message, /^The endpoint of the S3 store isn't an address such as/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}

test("keeps keys and signatures out of what a service says", () => {
  const words =
    "Bad request https://s/x?X-Amz-Signature=abc1 Credential=AKIA/2026, Signature=abc2 x-amz-security-token: abc3";
  const fault = s3Fault(Object.assign(new Error(words), { Authorization: "abc4" }), "s3://exports", "do it");
  assert.equal(fault.code, "SCSV_STORE_UNAVAILABLE");
  assert.match(
    fault.message,
    /^The store s3:\/\/exports failed to do it: Error Bad request https:\/\/s\/x\?…/,
  );
  assert.doesNotMatch(inspect(fault), /abc\d|AKIA/);
});

test("asks for no checksums that only AWS knows", async () => {
  const sdk = await loadS3Sdk();
  const client = connect(sdk, { endpoint: null, forcePathStyle: true, region: "x" }, askingPatience);
  assert.equal(await client.config.requestChecksumCalculation(), "WHEN_REQUIRED");
  assert.equal(await client.config.responseChecksumValidation(), "WHEN_REQUIRED");
  client.destroy();
});

/** An S3 that answers each request with what the test says. */
async function answering(
  answer: (method: string, path: string) => { status: number; date?: string; body?: string },
) {
  const server = createServer((req, res) => {
    const { status, date, body } = answer(req.method ?? "", req.url ?? "");
    const length = body === undefined ? 1 : Buffer.byteLength(body);
    res.writeHead(status, { "Content-Length": length, ...(date === undefined ? {} : { Date: date }) });
    res.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const store = await S3Store.open(
    {
      store: "s3://exports/made",
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      region: "us-east-1",
      keepMs: 3_600_000,
    },
    [],
    { onWarning: () => undefined },
  );
  return {
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
const stored = {
  id: "00000000-0000-4000-8000-000000000000",
  key: "a".repeat(64),
  filename: "orders.csv",
  contentType: "text/csv",
  result: { rows: 1, bytes: 1, guardedCells: 0, sha256: "b".repeat(64) },
};

test("a bucket that is missing is a fault of the store, and no lost result", async () => {
  Object.assign(process.env, credentials);
  const { signal } = new AbortController();
  await using gone = await answering(() => ({ status: 404 }));
  const fault = { code: "SCSV_STORE_UNAVAILABLE", message: /NoSuchBucket/, hint: /Create the bucket/ };
  await assert.rejects(gone.store.offer(stored, signal), fault);
  await assert.rejects(gone.store.adopt(stored), fault);
  for (const status of [200, 403]) {
    await using empty = await answering((_, path) => ({
      status: path.includes(stored.id) ? 404 : status,
    }));
    await assert.rejects(empty.store.offer(stored, signal), { code: "SCSV_JOB_RESULT_LOST" });
    assert.equal(await empty.store.adopt(stored), false);
  }
});

test("signs addresses by the clock of the service where that of this machine is wrong", async () => {
  Object.assign(process.env, credentials);
  const aheadMs = 3_600_000;
  await using skewed = await answering(() => ({
    status: 200,
    date: new Date(Date.now() + aheadMs).toUTCString(),
  }));
  const offer = await skewed.store.offer(stored, new AbortController().signal);
  assert.ok(offer.kind === "url");
  const [, year, month, day, hour, minute, second] =
    /^(....)(..)(..)T(..)(..)(..)Z$/.exec(new URL(offer.url).searchParams.get("X-Amz-Date") ?? "") ?? [];
  const signedAtMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  assert.ok(Math.abs(signedAtMs - Date.now() - aheadMs) < 60_000, offer.url);
});

test("takes the age of unfinished uploads by the clock of the service", async () => {
  Object.assign(process.env, credentials);
  const threeDaysMs = 3 * 24 * 3_600_000;
  for (const [begunMs, isAborted] of [
    [0, false],
    [threeDaysMs, true],
  ] as const) {
    // This machine's clock is three days ahead.
    const serviceMs = Date.now() - threeDaysMs;
    const name = `made/${stored.id}/${randomUUID()}.partial`;
    const begun = new Date(serviceMs - begunMs).toISOString();
    const upload = `<Upload><Key>${name}</Key><UploadId>u1</UploadId><Initiated>${begun}</Initiated></Upload>`;
    const asked: string[] = [];
    await using skewed = await answering((method, path) => {
      asked.push(`${method} ${path}`);
      const date = new Date(serviceMs).toUTCString();
      const list = `<ListMultipartUploadsResult>${upload}</ListMultipartUploadsResult>`;
      return method === "GET" ? { status: 200, date, body: list } : { status: 204, date, body: "" };
    });
    const least = isAborted ? 2 : 1;
    while (asked.length < least) await sleep(10);
    await sleep(isAborted ? 0 : 200);
    assert.equal(
      asked.some((request) => request.startsWith("DELETE ")),
      isAborted,
      asked.join(", "),
    );
    assert.ok(skewed.store);
  }
});
