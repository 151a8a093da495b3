import assert from "node:assert/strict";
import { test } from "node:test";
import { notStartedFault } from "../../src/ipc/not-started-fault.ts";

for (const [code, expected, status] of [
  ["EAGAIN", "SCSV_BUSY", 503],
  ["EMFILE", "SCSV_BUSY", 503],
  ["ENFILE", "SCSV_BUSY", 503],
  ["ENOMEM", "SCSV_BUSY", 503],
  ["ENOENT", "SCSV_WORKER_FAILED", 500],
  ["EACCES", "SCSV_WORKER_FAILED", 500],
] as const) {
  test(`a process that can't be started for ${code} is a ${expected} whose message names no path`, () => {
    const cause = Object.assign(new Error(`spawn /opt/secret/node ${code}`), { code });
    const fault = notStartedFault('wrote the file of "orders"', cause);
    assert.deepEqual([fault.code, fault.status], [expected, status]);
    const message = `No further process could be started (${code}), so nobody wrote the file of "orders".`;
    assert.equal(fault.message, message);
    assert.equal(fault.cause, cause);
    assert.equal(fault.retryAfterSeconds, expected === "SCSV_BUSY" ? 5 : undefined);
  });
}
