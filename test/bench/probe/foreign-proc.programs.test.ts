import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { noNamespaces, underPidNamespace } from "../../harness/namespace.ts";

const module = new URL("../../../bench/probe/process-tree.js", import.meta.url).href;
const question = `import { canSampleProcesses, samplingCaveat } from ${JSON.stringify(module)};
console.log(JSON.stringify({ canSampleProcesses, samplingCaveat }));`;

function ask(under: readonly string[]): { canSampleProcesses: boolean; samplingCaveat: string | null } {
  const args = [...under.slice(1), process.execPath, "--input-type=module", "--eval", question];
  const { stdout, stderr } = spawnSync(under[0] ?? "", args, { encoding: "utf8" });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

const withoutMount = underPidNamespace.filter((option) => option !== "--mount-proc");

test(
  "takes no memory and no CPU time from a /proc of another namespace, whose ids are other processes",
  { skip: noNamespaces },
  () => {
    const found = ask(withoutMount);
    assert.equal(found.canSampleProcesses, false);
    assert.match(found.samplingCaveat ?? "", /\/proc .* shows the process ids of another namespace/);
  },
);

test("takes them from the /proc of its own namespace", { skip: noNamespaces }, () => {
  assert.deepEqual(ask(underPidNamespace), { canSampleProcesses: true, samplingCaveat: null });
});
