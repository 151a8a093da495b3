import assert from "node:assert/strict";
import { test } from "node:test";
import { exportParameters } from "../../src/index.ts";
import { runCli } from "../harness/cli.ts";

for (const command of ["serve", "bench", "compare", "report", "export"]) {
  test(`${command} --help lists the flags of the whole program as well`, async () => {
    const { exitCode, stdout } = await runCli([command, "--help"]);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^Global Options:\n(?: .*\n)* +--log-level <level> /m);
    for (const flag of ["-V, --version", "--no-color", "--no-progress"])
      assert.ok(stdout.includes(flag), flag);
  });
}

test("export --help shows the values of each flag", async () => {
  const { stdout } = await runCli(["export", "--help"]);
  const text = stdout.replaceAll(/\s+/g, " ");
  for (const { name, placeholder, description } of exportParameters) {
    if (name === "delivery" || name === "filename") continue;
    const value = placeholder === "true|false" ? "[true|false]" : `<${placeholder.toLowerCase()}>`;
    assert.ok(text.includes(`${value} ${description}`), name);
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
    /^error: "nosuch" is not a command\. Use one of serve, bench, compare, report, export, help\.$/m,
  );
});
