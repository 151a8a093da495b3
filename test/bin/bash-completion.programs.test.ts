import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bashScript } from "../../bin/completion/bash-script.ts";

const hasBash = spawnSync("bash", ["--version"]).status === 0;
const names = ["$(touch ran)", "`touch ran`", "$HOME", "two words", "*", "it's", "plain", "a;b"];
const value = { short: "", description: "", takesValue: true, values: [] };
const commands = [
  { name: "bench", description: "", flags: [{ ...value, long: "--export" }], values: [] },
  {
    name: "export",
    description: "",
    flags: [{ ...value, long: "--dialect", values: ["excel"] }],
    values: [],
  },
];

/**
 * Completes the last of some words.
 * @param settings run before
 * @returns what bash would put in its place
 */
async function completions(words: readonly string[], settings = ""): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "bash-completion-test-"));
  try {
    await writeFile(join(folder, "names"), `${names.join("\n")}\n`);
    const script = `tool() { cat names; }
${bashScript("tool", commands)}
${settings}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_tool
printf '%s\\0' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", script, "bash", "tool", ...words], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    assert.equal(stderr, "");
    assert.deepEqual(await readdir(folder), ["names"], "a name was run");
    return stdout.split("\0").filter((word) => word !== "");
  } finally {
    await rm(folder, { recursive: true });
  }
}

test(
  "bash runs nothing that the name of an export says",
  { skip: !hasBash && "bash isn't installed" },
  async () => {
    // As bash itself reads the words back.
    const quoted = await completions(["bench", "--export", ""]);
    const { stdout } = spawnSync("bash", ["--norc", "-c", `printf '%s\\n' ${quoted.join(" ")}`], {
      encoding: "utf8",
    });
    assert.deepEqual(stdout.trimEnd().split("\n"), names);
    for (const settings of ["compopt() { return 0; }", "compopt() { return 127; }"])
      assert.equal((await completions(["export", ""], settings)).length, names.length + 1, settings);
  },
);

test(
  "bash quotes the name of an export where it doesn't do so itself",
  { skip: !hasBash && "bash isn't installed" },
  async () => {
    const isNew = "compopt() { return 0; }";
    const isOld = "compopt() { return 127; }";
    assert.deepEqual(await completions(["export", "two"], isNew), ["two words"]);
    assert.deepEqual(await completions(["export", "two"], isOld), ["two\\ words"]);
    assert.deepEqual(await completions(["export", "two\\ w"], isOld), ["two\\ words"]);
    assert.deepEqual(await completions(["export", "na"], isNew), ["names"]);
    assert.deepEqual(await completions(["export", "plain", "--dialect", "exc"]), ["excel"]);
  },
);
