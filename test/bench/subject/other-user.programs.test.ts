import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { findListener } from "../../../bench/probe/listener.ts";
import { stillRunning } from "../../../bench/probe/process-tree.ts";
import { endOnSignal } from "../../harness/children.ts";
import { cliPath, startProgram, type Ended } from "../../harness/cli.ts";

endOnSignal();

/** Without the right to end processes of others, which root has: as a user who starts a server by sudo. */
const asUser = ["setpriv", "--inh-caps", "-all", "--bounding-set", "-kill"];
const asOther = "setpriv --reuid 65534 --clear-groups --inh-caps +dac_override --ambient-caps +dac_override";
const isPossible = spawnSync("setpriv", [...asUser.slice(1), "sh", "-c", `${asOther} true`]).status === 0;
const skip = isPossible ? false : "setpriv can't change rights and users here, which needs Linux and root";

/** Runs the bench against a server of another user, written as a script of Node. */
async function benchOf(script: string, flags: readonly string[]): Promise<Ended> {
  const target = `api=exec ${asOther} '${process.execPath}' -e '${script}' @ http://127.0.0.1:{port}/x.csv`;
  const args = ["bench", "--quick", "--no-config", "--target", target, ...flags];
  return await startProgram([cliPath, ...args], { under: asUser }).ended;
}

test(
  "a server of another user, which can't be ended, makes the run invalid, and the bench ends",
  { skip },
  async () => {
    const script = `http.createServer((_, answer) => answer.end("id,name\\n1,a\\n2,b\\n")).listen({port}, "127.0.0.1")`;
    const { exitCode, stderr } = await benchOf(script, ["--ping", "none"]);
    const [, port] =
      /left a server running at http:\/\/127\.0\.0\.1:(\d+)\/.* as behind sudo/.exec(stderr) ?? [];
    assert.ok(port !== undefined, stderr);
    const { pid } = (await findListener(Number(port), [])) as { readonly pid: number | null };
    assert.ok(pid !== null);
    process.kill(pid, "SIGKILL");
    assert.equal(exitCode, 4);
  },
);

test("a server of another user that doesn't get ready is named, and the bench ends", { skip }, async () => {
  const { exitCode, stderr } = await benchOf("setInterval(() => {port}, 1000)", ["--ready-timeout", "1s"]);
  const [, pid] = /Process (\d+) of it could not be ended, as of another user behind sudo/.exec(stderr) ?? [];
  assert.ok(pid !== undefined, stderr);
  assert.deepEqual(await stillRunning([Number(pid)]), [Number(pid)]);
  process.kill(Number(pid), "SIGKILL");
  assert.match(stderr, /was not ready after 1 s/);
  assert.equal(exitCode, 1);
});
