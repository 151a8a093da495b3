import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cliPath, startProgram } from "../harness/cli.ts";

const secret = "whispered-0815";

test("a value that was read from the environment stands in no output, also where a server wrote or answered it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = `http.createServer((q, r) => {
    console.error("started with " + process.env.KEY);
    r.statusCode = q.url === "/ping" ? 200 : 401;
    r.end("not " + q.headers.authorization);
  }).listen(process.env.PORT, "127.0.0.1")`;
  await writeFile(join(folder, "server.cjs"), `const http = require("node:http");\n${server}\n`);
  const api = {
    command: `'${process.execPath}' server.cjs`,
    url: "http://127.0.0.1:{port}/x.csv",
    headers: { Authorization: "env:AUDIT_TOKEN" },
    env: { PORT: "{port}", KEY: "env:AUDIT_KEY" },
  };
  await writeFile(join(folder, "stream-csv.json"), JSON.stringify({ bench: { targets: { api } } }));
  const formats = ["json", "html", "markdown", "junit"];
  const outputs = formats.flatMap((format) => ["-o", `${format}=result.${format}`]);
  const summary = join(folder, "summary.md");
  const env = { AUDIT_TOKEN: `Bearer ${secret}`, AUDIT_KEY: secret, GITHUB_STEP_SUMMARY: summary };
  const args = [cliPath, "bench", "--quick", ...outputs];
  const { exitCode, stdout, stderr } = await startProgram(args, { cwd: folder, env }).ended;
  assert.equal(exitCode, 4, stderr);
  assert.match(stderr, /saying: not …\. The server's last lines: started with …/);
  const files = await Promise.all(
    formats.map((format) => readFile(join(folder, `result.${format}`), "utf8")),
  );
  for (const text of [stdout, stderr, await readFile(summary, "utf8"), ...files])
    assert.doesNotMatch(text, new RegExp(secret));
});

test("a variable behind other text in a header field is refused, because it isn't read there", async () => {
  const args = [
    "bench",
    "--header",
    "Authorization: Bearer env:AUDIT_TOKEN",
    "--target",
    "api=http://127.0.0.1:9/",
  ];
  const { exitCode, stderr } = await startProgram([cliPath, ...args], { env: { AUDIT_TOKEN: secret } }).ended;
  assert.equal(exitCode, 1);
  assert.match(stderr, /The header field Authorization has "env:AUDIT_TOKEN" behind other text, .* alone/);
});
