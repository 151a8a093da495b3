import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../../src/clock.ts";
import type { JobRecord } from "../../../../src/job/job.ts";
import type { Jobs } from "../../../../src/job/open-jobs.ts";
import { JobAccess } from "../../../../src/server/primary/state/job-access.ts";
import { TokenUsage } from "../../../../src/server/primary/state/token-usage.ts";
import { BuildSlots } from "../../../../src/spool/build-slots.ts";
import { FileLeases } from "../../../../src/spool/file-leases.ts";
import { makeSpool } from "../../../spool/make-spool.ts";

test("checks no result for a client that leaves while its job is looked up", async () => {
  const { spool } = await makeSpool(160);
  const builds = new BuildSlots({ queue: 2, queueTimeoutMs: 60_000 }, systemClock);
  const files = new FileLeases(spool, builds, systemClock, () => true);
  try {
    const job = { id: "j", owner: null, state: "completed", result: {} } as unknown as JobRecord;
    let find: (() => void) | undefined;
    const found = new Promise<JobRecord>((resolve) => {
      find = () => resolve(job);
    });
    let offers = 0;
    const jobs = {
      engine: { get: () => found },
      store: {
        offer: () => {
          offers += 1;
          return Promise.resolve({ kind: "url", url: "https://a.example/", headUrl: "https://a.example/" });
        },
      },
    } as unknown as Jobs;
    const access = new JobAccess(jobs, files, new TokenUsage(systemClock));
    const offered = access.offer(1, { id: "j", viewer: "all", wait: "w" });
    files.leave("w");
    find?.();
    await assert.rejects(offered, { code: "SCSV_CANCELLED" });
    assert.equal(offers, 0);
    const stayed = await access.offer(1, { id: "j", viewer: "all", wait: "w" });
    assert.equal(stayed.kind, "url");
  } finally {
    await files.close();
  }
});
