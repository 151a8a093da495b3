import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runCli } from "../harness/cli.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;
const skip = hasBash ? false : "bash isn't installed";

/** What bash offers for the last word of a line, after it has run the script. */
function offered(script: string, words: readonly string[]): readonly string[] {
  const ask =
    'eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stream_csv; printf "%s\\n" "${COMPREPLY[@]}"';
  const { stdout, stderr } = spawnSync("bash", ["-c", ask, "bash", script, ...words], { encoding: "utf8" });
  assert.equal(stderr, "");
  return stdout.split("\n").filter((line) => line !== "");
}

test(
  "the script for bash completes commands, flags and choices, and leaves the rest to file names",
  { skip },
  async () => {
    const { stdout: script, exitCode } = await runCli(["completion", "bash"]);
    assert.equal(exitCode, 0);
    assert.deepEqual(offered(script, ["stream-csv", "be"]), ["bench"]);
    assert.deepEqual(offered(script, ["stream-csv", "serve", "--work"]), ["--workers", "--worker-model"]);
    assert.deepEqual(offered(script, ["stream-csv", "serve", "--worker-model", ""]), ["async", "sync"]);
    assert.deepEqual(offered(script, ["stream-csv", "report", "r.json", "--form"]), ["--format"]);
    assert.deepEqual(offered(script, ["stream-csv", "export", "flights"]), []);
    assert.deepEqual(offered(script, ["stream-csv", "export", "$(touch /tmp/never)"]), []);
    assert.match(script, /^complete -o default -F _stream_csv stream-csv$/m);
  },
);

test("every command has its flags in the script for fish, with their choices", async () => {
  const { stdout } = await runCli(["completion", "fish"]);
  for (const command of ["serve", "bench", "compare", "report", "export", "check", "token", "link"])
    assert.match(
      stdout,
      new RegExp(`^complete -c stream-csv -n __fish_use_subcommand -f -a ${command} -d '`, "m"),
    );
  assert.match(stdout, /seen_subcommand_from serve' -l http10 -x -a 'stream length' -d '/);
  assert.match(stdout, /seen_subcommand_from serve' -l port -r -d 'port to listen on/);
});

test("zsh runs the script for bash by its own bashcompinit", async () => {
  const { stdout } = await runCli(["completion", "zsh"]);
  assert.match(stdout, /bashcompinit[^]*complete -o default -F _stream_csv stream-csv/);
});

test("another shell is refused with the names there are", async () => {
  const { exitCode, stderr } = await runCli(["completion", "tcsh"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /'tcsh' is invalid.*Allowed choices are bash, zsh, fish/);
});
