import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "valibot";
import { resultSchema } from "../../bench/result/schema.ts";
import { hasProcFiles } from "../../bench/probe/proc-file.ts";
import { processTree, stillRunning } from "../../bench/probe/process-tree.ts";
import { runCli, startCli, type Ended } from "../harness/cli.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

/** Runs `stream-csv bench` to its end. */
async function bench(args: readonly string[]): Promise<Ended> {
  return await runCli(["bench", ...args]);
}

// All other deliveries would take more than twice as long, and a run over a database has them.
const small = "--quick --rows 2000 --rounds 1 --scenario export --deliveries streaming --seed 7".split(" ");

test("measures a file of a single row, whose number of rows is not known before", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  try {
    const file = join(folder, "50%.csv");
    await writeFile(file, "a,b\n1,2\n");
    const flags = ["--quick", "--rounds", "1", "--scenario", "export", "--deliveries", "streaming"];
    const { exitCode, stdout } = await bench([...flags, "--export", file]);
    assert.equal(exitCode, 0, stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an export without rows is invalid, and the message for one without its parameter says how to give it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-bench-"));
  try {
    const empty = join(folder, "empty.csv");
    await writeFile(empty, "id,name\n");
    const flags = ["--quick", "--scenario", "export"];
    const none = await bench([...flags, "--export", empty]);
    assert.equal(none.exitCode, 4);
    assert.match(none.stderr, /The export of streaming has no rows: its body has one line, .*--param/);
    const config = join(folder, "stream-csv.config.mjs");
    const rows = "rows: () => [[1]], columns: ['id'], parameters: { customer: { type: 'integer' } }";
    await writeFile(config, `export default { exports: { invoices: { ${rows} } } };`);
    const missing = await bench([...flags, "--config", config, "--export", "invoices"]);
    assert.equal(missing.exitCode, 4);
    assert.match(missing.stderr, /\\"customer\\" is missing.*\n.*--param NAME=VALUE/s);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("measures the real server and prints a report; nothing goes to standard error without a terminal", async () => {
  const folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  try {
    const file = join(folder, "result.json");
    const { exitCode: code, stdout, stderr } = await bench([...small, "-o", `json=${file}`]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, /^orders: 2,000 rows/);
    assert.match(stdout, /first byte .*ms/);
    assert.match(stdout, /Informational: no budget was set/);
    const result = parse(resultSchema, JSON.parse(await readFile(file, "utf8")));
    assert.equal(result.seed, 7);
    assert.equal(result.complete, true);
    assert.equal(result.tool.name, "stream-csv");
    assert.equal(result.integrity.equal, true);
    const [round] = result.rounds;
    const measured = round?.arms["streaming"] ?? {};
    for (const [metric, value] of Object.entries(measured)) {
      // What the server needn't tell.
      if (metric === "heap_used_bytes" || metric === "loop_delay_max_s") continue;
      if (hasProcFiles) assert.equal(typeof value, "number", metric);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  test(
    `${signal} writes what was measured, ends the servers and exits with ${expected}`,
    { skip: !hasProcFiles },
    async () => {
      const running = startCli(["bench", "--rounds", "50", "-o", "json=-"]);
      let tree: readonly number[] = [];
      while (tree.length < 3) {
        await sleep(20);
        tree = await processTree(running.process.pid ?? 0);
      }
      running.process.kill(signal);
      const { exitCode: code, stdout } = await running.ended;
      assert.equal(code, expected);
      const result = parse(resultSchema, JSON.parse(stdout));
      assert.equal(result.complete, false);
      assert.equal(result.exitCode, expected);
      assert.deepEqual(await stillRunning(tree), []);
    },
  );
}

test("--list names every scenario and its purpose", async () => {
  const { exitCode: code, stdout } = await bench(["--list"]);
  assert.equal(code, 0);
  assert.match(stdout, /^\* export {8}one export at a time/m);
  assert.match(stdout, /^\* scaling {7}the server's peak memory/m);
  assert.match(stdout, /^ {2}leave {9}clients that disconnect/m);
});

test("the program ends with 1 and a sentence where it refuses its arguments", async () => {
  const { exitCode, stdout, stderr } = await bench(["--scenario", "exprot"]);
  assert.equal(exitCode, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: "exprot" is not a scenario; there are: export, .*\n$/);
});

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [
    ["--scenario", "exprot"],
    /"exprot" is not a scenario; there are: export, scaling, slow-readers, leave, mixed/,
  ],
  [["--deliveries", "streaming,pigeon"], /"pigeon" is not a delivery; there are: streaming, buffered, file/],
  [["--rows", "abc"], /--rows.*"?abc/],
  [["--rows", "-1"], /-1/],
  [["--rows", "0"], /--rows: "0" is too small/],
  [["--rounds", "0"], /--rounds: "0" is too small/],
  [["--target", "go"], /The target "go" is neither NAME=URL nor NAME=COMMAND/],
  [["--target", "file=http://127.0.0.1/"], /"file", which is taken/],
  [["--target", "go=./orders"], /its command has no \{port\}/],
  [["--target", "go=exit 3; : {port}", "--quick"], /ended before it was ready, with exit code 3/],
  [["--target", "go=exit 3; : {port}", "--rows", "2000"], /no target can be asked for a number of rows/],
  [["--readers", "0"], /--readers: "0" is too small\. Use 1 or more/],
  [["--readers", "many"], /--readers.*many/],
  [["--readers", "200", "--slots", "32"], /readers is 200, but 1 worker with 32 slots/],
  [["--read-rate", "fast"], /--read-rate.*fast/],
  [["--read-rate", "10"], /read rate is 10, and must be a whole number from 1024/],
  [
    ["--worker-model", "psychic"],
    /--worker-model: "psychic" is not one of its values\. Use one of async, sync/,
  ],
  [["--output", "xml=x"], /"xml=x" is not an output\. Write FORMAT=FILE/],
  [
    ["--output", "json=/nowhere/at/all.json"],
    /\/nowhere\/at\/all\.json" can't be written: its folder \/nowhere\/at doesn't exist/,
  ],
  [["--export", "invoices", "--quick"], /There is no export "invoices"; there are: orders/],
  [["--export", "/nowhere/rows.parquet", "--quick"], /\/nowhere\/rows\.parquet/],
];
for (const [args, reason] of refused) {
  test(`bench ${args.join(" ")} is refused with a sentence`, async () => {
    const { exitCode: code, stderr } = await runCliInTurn(["bench", ...args]);
    assert.equal(code, 1);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}
