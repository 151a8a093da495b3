import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const audit = fileURLToPath(new URL("../../../.ci/audit", import.meta.url));

/** What the audit does when npm prints this and ends so. */
function auditWith(
  printed: string,
  exitCode: number,
): { readonly status: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), "stream-csv-audit-"));
  try {
    const program = `#!/bin/sh\ncat <<'END'\n${printed}\nEND\nexit ${exitCode}\n`;
    writeFileSync(join(folder, "npm"), program, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env["PATH"]}` };
    const { status, stdout, stderr } = spawnSync("bash", [audit], { env, encoding: "utf8" });
    return { status, said: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the audit of packages passes when npm finds nothing", () => {
  const { status, said } = auditWith('{ "auditReportVersion": 2, "vulnerabilities": {} }', 0);
  assert.equal(status, 0);
  assert.match(said, /^no package/);
});

test("the audit of packages fails, and shows what npm found", () => {
  const found = '{ "auditReportVersion": 2, "vulnerabilities": { "left-pad": { "severity": "high" } } }';
  const { status, said } = auditWith(found, 1);
  assert.equal(status, 1);
  assert.match(said, /left-pad/);
});

test("the audit of packages says that it couldn't be made where the registry has no list", () => {
  const { status, said } = auditWith('{ "message": "405 Method Not Allowed", "statusCode": 405 }', 1);
  assert.equal(status, 0);
  assert.match(said, /not checked/);
});
