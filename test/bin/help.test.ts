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

test("export --help says what each flag takes", async () => {
  const { stdout } = await runCli(["export", "--help"]);
  const text = stdout.replaceAll(/\s+/g, " ");
  for (const { name, placeholder, description } of exportParameters) {
    if (name === "delivery" || name === "filename") continue;
    assert.ok(text.includes(`<${placeholder.toLowerCase()}> ${description}`), name);
  }
});
