import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

let folder = "";
let file = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-work-"));
  file = join(folder, "stream-csv.yaml");
});
after(() => rm(folder, { recursive: true, force: true }));

test("work refuses jobs of one machine, and says what to configure", async () => {
  const none = await runCliInTurn(["work", "--no-config"]);
  assert.deepEqual([none.exitCode, none.stdout], [1, ""]);
  assert.match(none.stderr, /There is no configuration\. Set jobs: \{ engine: redis:\/\/HOST:6379/);
  await writeFile(file, "jobs: { engine: local, concurrency: 4 }\n");
  const local = await runCliInTurn(["work", "--config", file]);
  assert.deepEqual([local.exitCode, local.stdout], [1, ""]);
  assert.match(local.stderr, /stream-csv\.yaml" has none\. Set jobs/);
});

test("work and serve refuse a store that only one machine reaches, without the password of Redis", async () => {
  await writeFile(file, "jobs: { engine: 'redis://:pa55@127.0.0.1:1/2' }\n");
  for (const command of ["work", "serve"]) {
    const { exitCode, stdout, stderr } = await runCliInTurn([command, "--config", file]);
    assert.deepEqual([exitCode, stdout], [1, ""], command);
    assert.match(stderr, /jobs\.store is "folder".*jobs\.engine is redis:\/\/127\.0\.0\.1:1\/2/);
    assert.doesNotMatch(stderr, /pa55/);
  }
});

test("work refuses flags that can't be, with what was probably meant", async () => {
  for (const [flag, value, said] of [
    ["--concurrency", "0", '"0" is too small. Use 1 or more.'],
    ["--log-format", "prety", '"prety" is not one of its values. Did you mean "pretty"?'],
  ] as const) {
    const { exitCode, stderr } = await runCliInTurn(["work", "--no-config", flag, value]);
    assert.equal(exitCode, 1);
    assert.ok(stderr.startsWith(`error: ${flag}: ${said}`), stderr);
  }
});
