import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, askingPatience, resolveRegion } from "../../../../src/job/store/s3/connect.ts";
import { loadS3Presigner, loadS3Sdk } from "../../../../src/job/store/s3/load-sdk.ts";
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
    message: "The store s3://exports has no region: set region of the jobs, or AWS_REGION.",
  });
  const sdk = await loadS3Sdk();
  assert.equal(await resolveRegion(sdk, { ...settings, endpoint: "http://127.0.0.1:9" }), "us-east-1");
  assert.equal(await resolveRegion(sdk, { ...settings, region: "eu-central-1" }), "eu-central-1");
});

test("asks for no checksums that only AWS knows", async () => {
  const sdk = await loadS3Sdk();
  const client = connect(sdk, { endpoint: null, forcePathStyle: true, region: "x" }, askingPatience);
  assert.equal(await client.config.requestChecksumCalculation(), "WHEN_REQUIRED");
  assert.equal(await client.config.responseChecksumValidation(), "WHEN_REQUIRED");
  client.destroy();
});
