import assert from "node:assert/strict";
import { totalmem } from "node:os";
import { test } from "node:test";
import { bufferMemoryBytes, mostBufferedBytes } from "../../../bench/run/buffer-memory.ts";

const rows = [
  { what: "the limit of a container", allowedBytes: 2 ** 30 * 1.5, wantedBytes: 2 ** 30 * 1.5 },
  { what: "the machine without a limit", allowedBytes: 0, wantedBytes: totalmem() },
  {
    what: "the machine where the kernel gives no limit as a huge one",
    allowedBytes: 2 ** 62,
    wantedBytes: totalmem(),
  },
];
for (const { what, allowedBytes, wantedBytes } of rows) {
  test(`buffered bodies may have a quarter of the memory of ${what}`, (t) => {
    t.mock.method(process, "constrainedMemory", () => allowedBytes);
    assert.equal(bufferMemoryBytes(), Math.max(mostBufferedBytes, Math.floor(wantedBytes / 4)));
  });
}
