import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runCliInTurn } from "../harness/cli-in-turn.ts";
import { runCli } from "../harness/cli.ts";
import { commands, invoicesModule, runDuckDB } from "./help-material.ts";

for (const command of commands) {
  test(`${command} --help lists the flags of the whole program as well`, async () => {
    const { exitCode, stdout } = await runCliInTurn([command, "--help"]);
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
  const listed = [...listedValues((await runCliInTurn(["export", "--help"])).stdout)];
  assert.ok(listed.length >= 9, JSON.stringify(listed));
  // A comma is among the values of another flag.
  const one = ["export", "orders", "--rows", "1", "--delimiter", "tab"];
  const most = Math.max(...listed.map(([, values]) => values.length));
  for (let index = 0; index < most; index += 1) {
    const flags = listed.flatMap(([flag, values]) => [flag, values[index % values.length] ?? ""]);
    const { exitCode, stderr } = await runCliInTurn([...one, ...flags]);
    assert.deepEqual([exitCode, stderr], [0, ""], flags.join(" "));
  }
  for (const [flag] of listed) {
    const { exitCode, stderr } = await runCliInTurn([...one, flag, "klingon"]);
    assert.equal(exitCode, 1, flag);
    assert.ok(stderr.includes("klingon") && stderr.includes(flag), stderr);
  }
});

test("help describes a command, and refuses an unknown name with exit code 1", async () => {
  const [about, directly] = await Promise.all([
    runCli(["help", "report"]),
    runCliInTurn(["report", "--help"]),
  ]);
  assert.equal(about.exitCode, 0);
  assert.equal(about.stdout, directly.stdout);
  const { exitCode, stdout, stderr } = await runCliInTurn(["help", "nosuch"]);
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
    const { exitCode, stdout, stderr } = await runCliInTurn(args);
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
    "databases: { shop: { url: postgres://u@h/d } }\nexports: { a: { database: shpo, sql: SELECT 1 } }\n",
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
    const { exitCode, stderr } = await runCliInTurn(args);
    assert.equal(exitCode, 1, args.join(" "));
    assert.match(stderr, said);
  }
  await rm(folder, { recursive: true });
});
