import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { runCli } from "../harness/cli.ts";

/** What bash offers for the words of a line, of which the last is being typed. */
function offered(script: string, ...words: readonly string[]): readonly string[] {
  const asking = `eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _stream_csv; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["-c", asking, "bash", script, "stream-csv", ...words], {
    encoding: "utf8",
  });
  return output.split("\n").filter((line) => line !== "");
}

test("bash completes commands, flags and the values of flags, and leaves the rest to file names", async () => {
  const { exitCode, stdout } = await runCli(["completion", "bash"]);
  assert.equal(exitCode, 0);
  assert.deepEqual(offered(stdout, "e"), ["export"]);
  assert.deepEqual(offered(stdout, "co"), ["compare", "completion"]);
  assert.deepEqual(offered(stdout, "export", "orders", "--quot"), ["--quote", "--quoting", "--quote-in"]);
  assert.deepEqual(offered(stdout, "export", "orders", "--quoting", ""), ["minimal", "strings", "all"]);
  assert.deepEqual(offered(stdout, "serve", "--log-level", "f"), ["fatal"]);
  assert.deepEqual(offered(stdout, "serve", ""), []);
  assert.deepEqual(offered(stdout, "serve", "--config", ""), []);
});

test("every shell has a script that names every command", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { exitCode, stdout } = await runCli(["completion", shell]);
    assert.equal(exitCode, 0, shell);
    for (const name of ["serve", "bench", "compare", "report", "export", "check", "completion"])
      assert.match(stdout, new RegExp(`\\b${name}\\b`), shell);
  }
});

test("an unknown shell is refused by its name", async () => {
  const { exitCode, stderr } = await runCli(["completion", "cmd"]);
  assert.equal(exitCode, 1);
  assert.match(stderr, /'cmd' is invalid.*bash, zsh, fish/);
});
