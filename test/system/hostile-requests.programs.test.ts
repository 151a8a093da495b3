import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dev/load/hostile-requests.js", import.meta.url));

test("survives hundreds of hostile requests of every kind, and keeps nothing of them", async () => {
  const { output, exitCode } = await new Promise<{ output: string; exitCode: number }>((resolve) => {
    execFile(process.execPath, [program, "300", "7"], (error, stdout, stderr) =>
      resolve({ output: stdout + stderr, exitCode: error === null ? 0 : Number(error.code) }),
    );
  });
  assert.equal(exitCode, 0, output);
  assert.match(output, /^slow header +408 SCSV_REQUEST_TIMEOUT × \d+$/m);
  assert.match(output, /^path traversal +404 /m);
  assert.match(output, /^wrong JWT +401 SCSV_UNAUTHORIZED × \d+$/m);
  assert.match(output, /^a good JWT +200 × \d+$/m);
  assert.match(output, /\n0 breaches\n$/);
});
