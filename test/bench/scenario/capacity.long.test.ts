import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runBench } from "../../../bench/index.ts";
import { hasProcFiles } from "../../../bench/probe/proc-file.ts";
import { processTree } from "../../../bench/probe/process-tree.ts";
import { endOnSignal } from "../../harness/children.ts";

endOnSignal();

const program = fileURLToPath(new URL("../../../fixtures/programs/few-readers.js", import.meta.url));

test("a server that takes two exports at once is found to carry two slow readers", async () => {
  const command = `PORT={port} exec '${process.execPath}' '${program}' 2`;
  const { result, fault } = await runBench(
    {
      seed: 1,
      rounds: 1,
      isQuick: true,
      scenarios: ["capacity"],
      targets: [`api=${command} @ http://127.0.0.1:{port}/x.csv?rows={rows}`],
    },
    { cli: ["/nowhere"], tool: { name: "stream-csv", version: "0.0.0" } },
  );
  if (hasProcFiles) assert.deepEqual(await processTree(process.pid), [process.pid]);
  assert.equal(fault, null);
  assert.equal(result.rounds.length, 1);
  const measured = result.rounds[0]?.arms["api"] ?? {};
  assert.equal(measured["readers_carried"], 2);
  // On a busy machine there may be no time to try three.
  const broken = measured["readers_broken"];
  assert.ok(broken === 3 || broken === 4, String(broken));
  assert.ok((measured["ping_p99_s"] ?? 0) > 0);
  if (hasProcFiles) assert.ok((measured["peak_rss_over_idle_bytes"] ?? 0) > 0);
  const said = result.warnings.filter((warning) => warning.startsWith("api carried"));
  assert.equal(said.length, 1);
  assert.match(
    said[0] ?? "",
    /^api carried 2 slow readers at 1\.00 MiB\/s; with [34], [12] of [34] readers were not served: .*503.* By analysis it is at most \d+/,
  );
  assert.ok(
    result.checks.some(({ id, observed }) => id === "capacity.api.readers_carried" && observed === 2),
  );
});
