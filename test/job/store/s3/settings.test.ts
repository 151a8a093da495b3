import assert from "node:assert/strict";
import { test } from "node:test";
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
