import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadRedisPackages } from "../../../../src/job/engine/redis/redis-packages.ts";
import {
  redisAddress,
  requireUsableAddress,
  withoutPassword,
} from "../../../../src/job/engine/redis/redis-address.ts";
import { defaultJobSettings } from "../../../../src/job/job-settings.ts";
import { StreamCsvError } from "../../../../src/errors.ts";
import { checkJobs } from "../../../../src/server/shared/check-jobs.ts";
import { requireSharedStore } from "../../../../src/job/engine/redis/require-shared-store.ts";

describe("settings of jobs on Redis", () => {
  it("says what to install where the packages are missing", async () => {
    const absent = (): Promise<never> => Promise.reject(new Error("Cannot find package 'bullmq'"));
    await assert.rejects(loadRedisPackages(absent), {
      code: "SCSV_ENGINE_MISSING",
      message: /npm install bullmq ioredis/,
    });
  });

  it("shows an address without user, password and options", () => {
    for (const [url, shown] of [
      ["redis://127.0.0.1", "redis://127.0.0.1:6379"],
      ["rediss://user:secret@cache.example:6380/0?family=6", "rediss://cache.example:6380"],
      ["redis://:secret@[::1]:7000/3", "redis://[::1]:7000/3"],
    ] as const)
      assert.equal(redisAddress(url), shown);
  });

  it("takes a password out of a text, as it is written in the address and as it is meant", () => {
    const url = "redis://:p%2Fw@127.0.0.1";
    assert.equal(withoutPassword("AUTH p/w of p%2Fw failed", url), "AUTH *** of *** failed");
    assert.equal(withoutPassword("no password", "redis://127.0.0.1"), "no password");
  });

  it("refuses an address that the client can't use, and quotes no password", () => {
    for (const [url, reason] of [
      ["redis://:50%off@127.0.0.1", /write %25 for it/],
      ["redis://us%er:secret@127.0.0.1", /write %25 for it/],
      ["redis://127.0.0.1/jobs", /has the path "\/jobs"; it takes the number of a database/],
      ["redis://127.0.0.1?keyPrefix=x", /has the option "keyPrefix"/],
      ["redis://127.0.0.1?family=6&maxRetriesPerRequest=3", /has the option "maxRetriesPerRequest"/],
    ] as const)
      assert.throws(
        () => checkJobs("jobs", { ...defaultJobSettings, engine: url, store: "s3://exports" }),
        (error: unknown) => {
          assert.ok(error instanceof StreamCsvError);
          assert.match(error.message, reason);
          assert.doesNotMatch(error.message, /50%|secret/);
          return error.code === "SCSV_BAD_SETTING";
        },
      );
    for (const url of [
      "redis://127.0.0.1",
      "rediss://user:p%2Fw%25@cache.example:6380/2?family=0",
      "redis://[::1]/",
    ])
      requireUsableAddress(url);
  });

  it("refuses the store of one machine", () => {
    assert.throws(() => requireSharedStore({ engine: "redis://127.0.0.1", store: "folder" }), {
      code: "SCSV_BAD_SETTING",
      message: /s3:\/\/BUCKET\/PREFIX/,
    });
    requireSharedStore({ engine: "redis://127.0.0.1", store: "s3://exports/prod" });
  });
});
