import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const program = fileURLToPath(new URL("../../dev/load/abort-storm.js", import.meta.url));

test("leaves nothing of transfers that are aborted at random points, 50 at a time", async () => {
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ["--expose-gc", program, "150", "50"], (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr, { cause: error }));
      else resolve(stdout);
    });
  });
  const report = JSON.parse(output) as { left: Record<string, number>; heapGrowthBytes: number };
  assert.deepEqual(new Set(Object.values(report.left)), new Set([0]), output);
  assert.ok(report.heapGrowthBytes < 5 * 1024 * 1024, output);
});
