import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { configurationStamp } from "../../bin/configuration/configuration-stamp.ts";
import { watchAccess } from "../../bin/watch-access.ts";
import type { Configuration } from "../../src/server.ts";

function of(name: string): Configuration {
  return { tokens: [{ name, sha256: "a".repeat(64) }] };
}

test("tokens that can't be read for a moment are read when they can be, and reported once", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "watch-access-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "stream-csv.yaml");
  await writeFile(file, "before");
  const stamp = configurationStamp(file);
  await writeFile(file, "one that is longer");
  let reads = 0;
  const reload = (): Promise<Configuration> => {
    reads += 1;
    // As where no descriptor is left.
    return reads < 3 ? Promise.reject(new Error("EMFILE")) : Promise.resolve(of("new"));
  };
  const written: string[] = [];
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
  const replaced: unknown[] = [];
  const loaded = { file, stamp, configuration: of("old"), sources: [], jobs: {}, reload };
  const end = watchAccess(loaded, ({ tokens }) => replaced.push(tokens));
  try {
    const deadline = performance.now() + 20_000;
    while (replaced.length === 0 && performance.now() < deadline) await sleep(50);
    await sleep(1200);
  } finally {
    end();
    process.stderr.write = write;
  }
  assert.deepEqual(replaced, [of("new").tokens]);
  assert.equal(reads, 3);
  assert.deepEqual(
    written.filter((text) => text.includes("stay as they were")),
    ["error: the tokens and links stay as they were: EMFILE\n"],
  );
});
