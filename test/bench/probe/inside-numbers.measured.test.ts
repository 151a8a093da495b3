import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { insideNumbers } from "../../../bench/index.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { benchOwnServer } from "../../harness/bench.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

test("held time of several slots agrees with the integral of busy ones, and each is given back once", async () => {
  const inside = insideNumbers();
  const first = inside.begin();
  const second = inside.begin(0.5);
  assert.equal(inside.read().total.busySlots, 2);
  await sleep(20);
  first();
  first();
  assert.equal(inside.read().total.busySlots, 1);
  await sleep(20);
  second();
  const { total, workers, uptimeSeconds } = inside.read();
  assert.equal(total.busySlots, 0);
  assert.equal(total.queueWaitSeconds, 0.5);
  assert.ok(Math.abs(total.heldSeconds - total.busySlotSeconds) < 1e-6);
  assert.ok(total.heldSeconds >= 0.055 && uptimeSeconds > 0);
  assert.ok(total.heapUsedBytes > 0 && total.cpuSeconds >= 0 && total.loopSeconds >= 0);
  assert.deepEqual(workers, [{ pid: process.pid }]);
});

test("a blocked event loop shows as busy, and as late", async () => {
  const inside = insideNumbers();
  await sleep(30);
  const untilMs = performance.now() + 80;
  while (performance.now() < untilMs);
  await sleep(30);
  const { total } = inside.read();
  assert.ok(total.loopSeconds >= 0.07, `${total.loopSeconds}`);
  assert.ok(total.loopDelayMaxSeconds >= 0.05, `${total.loopDelayMaxSeconds}`);
});

test("the Fastify server of the documentation is measured from inside", async (t) => {
  const page = await readFile(`${root}docs/reference/bench.md`, "utf8");
  const [, code = ""] = /```javascript\n([^]*?fastify[^]*?)```/.exec(page) ?? [];
  assert.notEqual(code, "");
  // Under the repository, where "stream-csv" is the package itself.
  const folder = await mkdtemp(`${root}dist/examples-`);
  t.after(() => rm(folder, { recursive: true }));
  const file = `${folder}/server.mjs`;
  await writeFile(file, code);
  const command = `PORT={port} '${process.execPath}' '${file}'`;
  const { result, fault } = await benchOwnServer({
    rows: 5000,
    scenarios: ["export", "leave"],
    deliveries: ["streaming"],
    targets: [`fastify=${command} @ http://127.0.0.1:{port}/orders.csv?rows={rows}`],
  });
  assert.equal(fault, null);
  const measured = result.rounds[0]?.arms["fastify"] ?? {};
  for (const metric of ["held_s_per_export", "loop_s_per_export", "cpu_s_per_export", "heap_used_bytes"]) {
    assert.ok((measured[metric] ?? 0) > 0, metric);
  }
  assert.equal(typeof measured["gc_s_per_export"], "number");
  assert.equal(typeof measured["loop_delay_max_s"], "number");
  const leaving = result.rounds.find(({ scenario }) => scenario === "leave")?.arms["fastify"];
  assert.ok((leaving?.["release_s"] ?? 0) > 0);
  assert.ok(result.checks.some(({ id, ok }) => id === "integrity.fastify.rows" && ok));
  if (hasProcFiles) assert.doesNotMatch(result.warnings.join("\n"), /fastify reports no inside numbers/);
});
