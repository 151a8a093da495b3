import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { resolveConfig } from "../../bench/run/resolve-config.ts";
import { addBenchFlags, benchConfigOf, type BenchFlags } from "../../bin/bench-flags.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { cliPath, startServe } from "../harness/cli.ts";
import { commands, invoicesModule, runDuckDB, secret } from "./help-material.ts";

/** The commands under the heading "Examples" of a help text. */
function examplesIn(help: string): readonly string[] {
  const [, block = ""] = /^Examples:\n((?: {2}.*\n)+)/m.exec(help) ?? [];
  return block.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

/** What the examples name: exports, files, a target that is built beside them. */
async function exampleFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "examples-"));
  const put = (name: string, content: string | Buffer): Promise<void> =>
    writeFile(join(folder, name), content);
  const program = `#!/bin/sh\nexec '${process.execPath}' '${cliPath}' "$@"\n`;
  await writeFile(join(folder, "stream-csv"), program, { mode: 0o755 });
  await put("stream-csv.config.mjs", invoicesModule);
  const links = `links: { keys: [{ id: k1, secret: ${secret} }] }`;
  await put("production.yaml", `exports: { invoices: { file: invoices.csv } }\n${links}\n`);
  await put("invoices.csv", "id,total\n1,2\n");
  const flights = `COPY (SELECT 'AA' AS carrier, 5 AS delay) TO '${join(folder, "flights.parquet")}' (FORMAT parquet)`;
  await runDuckDB(join(folder, "sales.duckdb"), "CREATE TABLE invoice AS SELECT 1 AS id", flights);
  const results = new URL("../../../fixtures/results/", import.meta.url);
  for (const [name, result] of [
    ["result", "pass"],
    ["before", "explaining"],
    ["after", "explaining"],
  ] as const)
    await put(`${name}.json`, await readFile(new URL(`${result}.json`, results)));
  return folder;
}

/** Runs a line of a shell in a folder. */
function inShell(
  line: string,
  folder: string,
  shell = "bash",
): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(
    shell,
    ["-c", shell === "bash" ? `set -o pipefail; ${line}` : line],
    {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, GITHUB_STEP_SUMMARY: "" },
      encoding: "utf8",
      timeout: 60_000,
    },
  );
  return { status, text: stdout + stderr };
}

/** Exit codes of examples that are there to fail: a comparison by a budget. */
const failing = /--budget|compare before/;

test("every help has at least three examples that work, and the address of its page", async () => {
  const folder = await exampleFolder();
  for (const command of ["", ...commands]) {
    const { stdout } = await runCliInTurn([...command.split(" ").filter(Boolean), "--help"]);
    const examples = examplesIn(stdout);
    assert.ok(examples.length >= 3, `${command}: ${examples.join("; ")}`);
    for (const [, page = ""] of stdout.matchAll(/^Documentation: (\S+)/gm))
      assert.ok(existsSync(new URL(`../../../${page.replace(/,$/, "")}`, import.meta.url)), page);
    assert.match(stdout, /^Documentation: \S+.*, in the repository and in the package$/m);
    for (const example of examples) {
      if (/stream-csv (?:bench|serve|work)|^curl/.test(example)) continue;
      const shell = /completion (\w+)/.exec(example)?.[1] ?? "bash";
      if (spawnSync(shell, ["--version"]).status !== 0) continue;
      const { status, text } = inShell(example, folder, shell);
      assert.ok(status === 0 || (failing.test(example) && status === 2), `${example}: ${status} ${text}`);
    }
  }
  await rm(folder, { recursive: true });
});

test("the examples of serve start a server that answers, and its curl downloads", async () => {
  const folder = await exampleFolder();
  const examples = examplesIn((await runCliInTurn(["serve", "--help"])).stdout);
  const [download = "", ...others] = examples.filter((example) => example.startsWith("curl"));
  assert.deepEqual(others, []);
  for (const example of examples.filter((each) => each !== download)) {
    const [, line = ""] = /(?:^|&& )stream-csv serve(.*?)(?:#.*)?$/.exec(example) ?? [];
    const args = line.trim().replace("/var/cache/exports", join(folder, "spool")).split(" ").filter(Boolean);
    await using server = await startServe([...args, "--generated", "--no-config"], { cwd: folder });
    const line2 = download.replace(/http:\/\/127\.0\.0\.1:8080/, server.url);
    const { status, text } = inShell(`${line2} --silent --show-error`, folder);
    assert.equal(status, 0, text);
    const body = await readFile(join(folder, "orders.csv"), "utf8");
    assert.equal(body.match(/\r\n(?:\d+,|$)/g)?.length, 1001, body.slice(0, 500));
    await rm(join(folder, "orders.csv"));
  }
  await rm(folder, { recursive: true });
});

test("the examples of bench are read as they stand", async () => {
  const folder = await exampleFolder();
  process.env["API_TOKEN"] = "t";
  for (const example of examplesIn((await runCliInTurn(["bench", "--help"])).stdout)) {
    const line = example.replace(/^stream-csv bench/, "printf '%s\\n'");
    const { stdout } = spawnSync("bash", ["-c", line], { encoding: "utf8" });
    const flags: BenchFlags[] = [];
    const command = addBenchFlags(new Command("bench"))
      .exitOverride()
      .action((_flags, self: Command) => void flags.push(self.opts<BenchFlags>()));
    await command.parseAsync(stdout.split("\n").filter(Boolean), { from: "user" });
    const [read] = flags;
    assert.ok(read !== undefined, example);
    const config = benchConfigOf(
      { ...read, export: "orders", param: [] },
      { baseline: null, isFirstBaseline: false },
    );
    assert.ok(resolveConfig(config).rounds > 0, example);
  }
  await rm(folder, { recursive: true });
});
