import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { loadMetricsLibrary } from "../../../src/server/metrics/metrics-library.ts";
import { TransferDurations } from "../../../src/server/metrics/transfer-durations.ts";

const labels = { export: "orders", delivery: "streaming" };
const times = { firstByteSeconds: 0.5, heldSeconds: 1, queueWaitSeconds: 0 };

test("counts transfers that ended before the library could be loaded", async () => {
  let loads = 0;
  const durations = new TransferDurations(async () => {
    loads += 1;
    if (loads === 1) throw new Error("too many open files");
    return await loadMetricsLibrary();
  });
  durations.observe(labels, times);
  await assert.rejects(durations.registry(), /too many open files/);
  durations.observe(labels, times);
  assert.equal((await durations.of(labels)).durationSeconds.count, 2);
  durations.observe(labels, times);
  assert.equal((await durations.of(labels)).durationSeconds.count, 3);
  assert.equal(loads, 2);
});

/** Takes all descriptors but some, asks for the histograms, gives the descriptors back, and asks again. */
const program = `
  import { closeSync, openSync } from "node:fs";
  const { TransferDurations } = await import(process.argv[1]);
  const left = Number(process.argv[2]);
  const taken = [];
  try {
    for (;;) taken.push(openSync("/dev/null"));
  } catch {}
  for (const descriptor of taken.splice(0, left)) closeSync(descriptor);
  const durations = new TransferDurations();
  const ask = async () => {
    try {
      return (await durations.registry()).constructor.name;
    } catch (error) {
      return error.code;
    }
  };
  const first = await ask();
  for (const descriptor of taken) closeSync(descriptor);
  console.log(first, await ask());
`;

for (const left of [0, 1])
  test(
    `has histograms again after a lack of descriptors, of which ${left} were left`,
    { skip: process.platform === "win32" ? "no ulimit" : false },
    () => {
      const module = new URL("../../../src/server/metrics/transfer-durations.js", import.meta.url).href;
      const line = 'ulimit -n 60 && exec "$@"';
      const args = [process.execPath, "--input-type=module", "--eval", program, module, String(left)];
      const { stdout, stderr } = spawnSync("sh", ["-c", line, "sh", ...args], { encoding: "utf8" });
      assert.equal(stderr, "");
      // Node has several codes for it.
      assert.match(stdout, left === 0 ? /^(?!Registry)\w+ Registry\n$/ : /^\w+ Registry\n$/);
    },
  );
