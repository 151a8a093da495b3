import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { Command } from "commander";
import { resolveConfig } from "../../bench/run/resolve-config.ts";
import { addBenchFlags, benchConfigOf, type BenchFlags } from "../../bin/bench-flags.ts";
import { cliPath, runCli, startServe } from "../harness/cli.ts";

const commands = [
  "serve",
  "bench",
  "compare",
  "report",
  "export",
  "check",
  "token",
  "link",
  "work",
  "completion",
];

for (const command of commands) {
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

test("reports a mistyped command, flag, value and name in one line, with what was probably meant", async () => {
  for (const [args, said] of [
    [["exprot"], /^error: unknown command "exprot"\. Did you mean "export"\?$/m],
    [
      ["export", "orders", "--dialcet", "unix"],
      /^error: unknown option "--dialcet"\. Did you mean "--dialect"\?$/m,
    ],
    [["serve", "--port"], /^error: --port needs a value, <number>$/m],
    [["help", "exprt"], /^error: "exprt" is not a command\. Did you mean "export"\?/],
    [["serve", "--worker-model", "asinc"], /^error: --worker-model: "asinc" .* Did you mean "async"\?/],
    [["serve", "--log-level", "inof"], /^error: --log-level: "inof" .* Did you mean "info"\?/],
    [["serve", "--http10", "strem"], /^error: --http10: "strem" .* Did you mean "stream"\?/],
    [["serve", "--encoding", "uft-8"], /^error: --encoding: "uft-8" .* Did you mean "utf-8"\?/],
    [
      ["serve", "--port", "70000"],
      /^error: --port: "70000" is not a port\. Use 0 to 65535; 0 means any free port\.$/m,
    ],
    [
      ["serve", "--slots", "1.5"],
      /^error: --slots: "1\.5" is not a whole number\. Use plain digits, such as 1000\.$/m,
    ],
    [["bench", "--rounds", "0"], /^error: --rounds: "0" is too small\. Use 1 or more\.$/m],
    [["bench", "--worker-model", "snyc"], /^error: --worker-model: "snyc" .* Did you mean "sync"\?/],
    [
      ["bench", "--scenario", "slow-readrs"],
      /^error: "slow-readrs" is not a scenario; .* Did you mean "slow-readers"\?/,
    ],
    [
      ["bench", "--deliveries", "bufered"],
      /^error: "bufered" is not a delivery; .* Did you mean "buffered"\?/,
    ],
    [["bench", "--export", "ordrs"], /^error: There is no export "ordrs"; .* Did you mean "orders"\?/],
    [
      ["bench", "--budget", "streaming.total=5%"],
      /^error: "total" .* is not a metric; .* Did you mean "total_s"\?/,
    ],
    [["report", "x.json", "--format", "htlm"], /^error: --format: "htlm" .* Did you mean "html"\?/],
    [
      ["report", "x.json", "-o", "htlm=x"],
      /^error: --output: "htlm=x" is not an output\. .* Did you mean "html"\?/,
    ],
    [["export", "ordres"], /^error: There is no generated export "ordres"; .* Did you mean "orders"\?/],
    [
      ["export", "orders", "--dialect", "exel"],
      /^error: --dialect: "exel" is not a dialect\. Did you mean "excel"\?/,
    ],
    [
      ["export", "orders", "--quoting", "minimla"],
      /^error: --quoting: .*"minimla" .* Did you mean "minimal"\?/,
    ],
    [
      ["export", "orders", "--columns", "id,custmer"],
      /^error: --columns: .*"custmer"; .* Did you mean "customer"\?/,
    ],
  ] as const) {
    const { exitCode, stdout, stderr } = await runCli(args);
    assert.deepEqual([exitCode, stdout], [1, ""], args.join(" "));
    assert.match(stderr, said);
  }
});

test("suggests exports, parameters, tables, databases, keys and settings of a configuration", async () => {
  const folder = await mkdtemp(join(tmpdir(), "suggestions-"));
  const database = join(folder, "shop.duckdb");
  await runDuckDB(database, "CREATE TABLE customer (id INTEGER)", "CREATE TABLE invoice (id INTEGER)");
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const good = await write("good.mjs", invoicesModule);
  const setting = await write("setting.yaml", "server: { prot: 1 }\n");
  const value = await write("value.yaml", "server: { logFormat: jsno }\n");
  const base = await write(
    "base.yaml",
    "databases: { shop: { url: x } }\nexports: { a: { database: shpo, sql: SELECT 1 } }\n",
  );
  for (const [args, said] of [
    [
      ["export", "invoces", "--config", good],
      /^error: There is no export "invoces"; there are invoices, orders, .* Did you mean "invoices"\?/,
    ],
    [
      ["export", "invoices", "--param", "custmer=1", "--config", good],
      /^error: --param custmer=1: .* Did you mean "customer"\?/,
    ],
    [
      ["export", database, "--table", "invoise"],
      /no table or view "invoise"; it has customer, invoice\. Did you mean "invoice"\?/,
    ],
    [
      ["link", "/exports/invoices.csv", "--key", "mian", "--config", good],
      /^error: There is no key "mian"; there are main\. Did you mean "main"\?/,
    ],
    [["serve", "--config", setting], /^error: "server\.prot" .* is not a setting\. .* Did you mean "port"\?/],
    [["serve", "--config", value], /^error: "server\.logFormat" .*"jsno" .* Did you mean "json"\?/],
    [
      ["check", "--config", base],
      /^error: "exports\.a" .* names the database "shpo"; there are shop\. Did you mean "shop"\?/,
    ],
  ] as const) {
    const { exitCode, stderr } = await runCli(args);
    assert.equal(exitCode, 1, args.join(" "));
    assert.match(stderr, said);
  }
  await rm(folder, { recursive: true });
});

const secret = "s".repeat(32);

/** A configuration with an export that has parameters. */
const invoicesModule = `export default {
  exports: {
    invoices: {
      columns: ["id"],
      parameters: { customer: { type: "integer" }, status: { type: "text", list: true, default: ["open"] } },
      rows: () => [[1], [2]],
    },
  },
  links: { keys: [{ id: "main", secret: "${secret}" }] },
};
`;

async function runDuckDB(path: string, ...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  for (const statement of statements) await connection.run(statement);
  connection.closeSync();
  instance.closeSync();
}

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
    const { stdout } = await runCli([...command.split(" ").filter(Boolean), "--help"]);
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
  const examples = examplesIn((await runCli(["serve", "--help"])).stdout);
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
  for (const example of examplesIn((await runCli(["bench", "--help"])).stdout)) {
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
