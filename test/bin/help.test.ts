import assert from "node:assert/strict";
import { test } from "node:test";
import { runCli } from "../harness/cli.ts";

for (const command of ["serve", "bench", "compare", "report", "export", "check", "token", "link", "work"]) {
  test(`${command} --help lists the flags of the whole program as well`, async () => {
    const { exitCode, stdout } = await runCli([command, "--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Global Options:\n(?: .*\n)* +--log-level <level> /m);
    for (const flag of ["-V, --version", "--no-color", "--no-progress"])
      assert.ok(stdout.includes(flag), flag);
  });
}

/** The values of each flag of a help text that names them all, such as `--quoting <minimal|strings|all>`. */
function listedValues(help: string): ReadonlyMap<string, readonly string[]> {
  const named = [...help.matchAll(/^ +(--[\w-]+) [<[](\S+\|\S+)[>\]]/gm)];
  return new Map(named.map(([, flag = "", values = ""]) => [flag, values.split("|")]));
}

test("export takes every value that its help lists, and refuses another by the flag's name", async () => {
  const listed = [...listedValues((await runCli(["export", "--help"])).stdout)];
  assert.ok(listed.length >= 9, JSON.stringify(listed));
  // A comma is among the values of another flag.
  const one = ["export", "orders", "--rows", "1", "--delimiter", "tab"];
  const most = Math.max(...listed.map(([, values]) => values.length));
  for (let index = 0; index < most; index += 1) {
    const flags = listed.flatMap(([flag, values]) => [flag, values[index % values.length] ?? ""]);
    const { exitCode, stderr } = await runCli([...one, ...flags]);
    assert.deepEqual([exitCode, stderr], [0, ""], flags.join(" "));
  }
  for (const [flag] of listed) {
    const { exitCode, stderr } = await runCli([...one, flag, "klingon"]);
    assert.equal(exitCode, 1, flag);
    assert.ok(stderr.includes("klingon") && stderr.includes(flag), stderr);
  }
});

test("help describes a command, and refuses an unknown name with exit code 1", async () => {
  const [about, directly] = await Promise.all([runCli(["help", "report"]), runCli(["report", "--help"])]);
  assert.equal(about.exitCode, 0);
  assert.equal(about.stdout, directly.stdout);
  const { exitCode, stdout, stderr } = await runCli(["help", "nosuch"]);
  assert.equal(exitCode, 1);
  assert.equal(stdout, "");
  assert.match(
    stderr,
    /^error: "nosuch" is not a command\. Use one of serve, bench, compare, report, export, check, token, link, work, completion, help\.$/m,
  );
});
