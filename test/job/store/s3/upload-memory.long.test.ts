import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startS3Server } from "../../../../dev/s3-server.ts";
import { makeJob, openStore, uncancelled } from "./make-store.ts";

const mebibyte = 1024 ** 2;

/** Peak resident memory of this process's children, in bytes; 0 when there are none. */
function childPeakBytes(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  const peaks = children.split(" ").map((pid) => {
    try {
      const kibibytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
      return Number(kibibytes ?? 0) * 1024;
    } catch {
      return 0; // It has ended meanwhile.
    }
  });
  return Math.max(0, ...peaks);
}

test("a result of 400 MB needs no more memory than one of 20 MB", async (t) => {
  await using server = await startS3Server();
  const store = await openStore(server);
  const peaks: number[] = [];
  for (const rows of [180_000, 3_700_000]) {
    let peakBytes = 0;
    const sampling = setInterval(() => (peakBytes = Math.max(peakBytes, childPeakBytes())), 20);
    const job = await makeJob(rows);
    const result = await store.make(job, uncancelled);
    clearInterval(sampling);
    peaks.push(peakBytes);
    const hash = createHash("sha256");
    const offer = await store.offer({ ...job, result }, uncancelled.signal);
    assert.equal(offer.kind, "url");
    for await (const chunk of (await fetch(offer.url)).body ?? []) hash.update(chunk as Uint8Array);
    assert.equal(hash.digest("hex"), result.sha256);
    t.diagnostic(`${result.bytes} bytes: peak ${Math.round(peakBytes / mebibyte)} MiB`);
    await store.remove({ ...job, result });
  }
  await store.close();
  const [small = 0, large = 0] = peaks;
  assert.ok(small > 0);
  assert.ok(large - small <= 32 * mebibyte, `${small} and ${large} bytes`);
});
