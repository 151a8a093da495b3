import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { noRedis } from "../../dev/redis-server.ts";

const program = fileURLToPath(new URL("../../dev/load/job-machines.js", import.meta.url));

test(
  "ends every job once while servers, workers and Redis are killed and the store fails",
  { skip: noRedis },
  async () => {
    const { output, exitCode } = await new Promise<{ output: string; exitCode: number }>((resolve) => {
      execFile(process.execPath, [program, "16"], (error, stdout, stderr) =>
        resolve({ output: stdout + stderr, exitCode: error === null ? 0 : Number(error.code) }),
      );
    });
    assert.equal(exitCode, 0, output);
    assert.match(output, /^holds +each completed result has the digest .*: \d+$/m);
  },
);
