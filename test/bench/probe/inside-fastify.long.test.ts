import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { benchOwnServer } from "../../harness/bench.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

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
