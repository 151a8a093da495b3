import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "valibot";
import { resultSchema } from "../../bench/result/schema.ts";
import { simulateResult } from "../bench/gate/results.ts";
import { runCliInTurn } from "../harness/cli-in-turn.ts";

let folder = "";
const file = (name: string): string => join(folder, name);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "stream-csv-test-"));
  const runs = {
    "before.json": simulateResult({ seed: 1 }),
    "same.json": simulateResult({ seed: 2 }),
    "slow.json": simulateResult({ seed: 3, cpu: 1.15 }),
    "short.json": simulateResult({ seed: 4, rounds: 1 }),
    "wide.json": simulateResult({ seed: 5, exportName: "wide" }),
    "cut.json": simulateResult({ seed: 6, complete: false }),
  };
  for (const [name, result] of Object.entries(runs)) await writeFile(file(name), JSON.stringify(result));
  await writeFile(file("other.json"), '{"schema":"other"}');
});
after(() => rm(folder, { recursive: true }));

const budget = ["--budget", "streaming.cpu_s_per_mib=5%"];

test("a comparison without a budget informs and exits with 0, even after a slowdown", async () => {
  const { exitCode, stdout, stderr } = await runCliInTurn([
    "compare",
    file("before.json"),
    file("slow.json"),
  ]);
  assert.equal(exitCode, 0);
  assert.equal(stderr, "");
  assert.match(stdout, /^slow compared with before\n/);
  assert.match(stdout, /Verdict: informational\n$/);
});

test("exit codes distinguish pass, regression and, with --strict, undecided", async () => {
  const codeOf = async (later: string, ...more: string[]): Promise<number | null> =>
    (await runCliInTurn(["compare", file("before.json"), file(later), ...budget, ...more])).exitCode;
  assert.equal(await codeOf("same.json"), 0);
  assert.equal(await codeOf("slow.json"), 2);
  assert.equal(await codeOf("short.json"), 0);
  assert.equal(await codeOf("short.json", "--strict"), 3);
});

test("--format json prints a result file and nothing else; -o writes files", async () => {
  const printed = await runCliInTurn([
    "compare",
    file("before.json"),
    file("slow.json"),
    "--format",
    "json",
    ...budget,
  ]);
  const result = parse(resultSchema, JSON.parse(printed.stdout));
  assert.equal(result.verdict, "regression");
  assert.equal(result.exitCode, 2);
  const outputs = ["-o", `json=${file("out.json")}`, "-o", `text=${file("out.txt")}`];
  const { stdout } = await runCliInTurn(["compare", file("before.json"), file("same.json"), ...outputs]);
  assert.equal(stdout, "");
  assert.match(await readFile(file("out.txt"), "utf8"), /^same compared with before\n/);
  assert.equal(
    parse(resultSchema, JSON.parse(await readFile(file("out.json"), "utf8"))).verdict,
    "informational",
  );
  const dash = await runCliInTurn(["compare", file("before.json"), file("same.json"), "-o", "json=-"]);
  parse(resultSchema, JSON.parse(dash.stdout));
});

for (const [format, row] of [
  ["markdown", /^\| slow: streaming \| before: streaming \| total \| 1\.1\d× \(.*\) \| 12 \|$/m],
  [
    "html",
    />slow: streaming<\/th><td[^>]*>before: streaming<\/td><td[^>]*>total<\/td><td class="faint">1\.1\d× \(/,
  ],
] as const) {
  test(`--format ${format} shows how both runs compare`, async () => {
    const { stdout } = await runCliInTurn([
      "compare",
      file("before.json"),
      file("slow.json"),
      "--format",
      format,
    ]);
    assert.match(stdout, row);
    assert.ok(stdout.includes("before: buffered-again"));
    assert.match(stdout, /Ratios are .*, with bounds of 99\.\d+ % confidence each\./);
  });
}

test("two files of one name are distinguished by their paths", async () => {
  const { stdout } = await runCliInTurn(["compare", file("before.json"), file("before.json")]);
  assert.match(stdout, /before\.json \(2\) compared with\s.*before\.json \(1\)/);
});

const refused: readonly (readonly [readonly string[], RegExp])[] = [
  [["before.json", "missing.json"], /missing\.json" can't be read: .*ENOENT.*\n.*bench -o json=FILE/],
  [
    ["before.json", "other.json"],
    /other\.json" is not a result of stream-csv bench: its "schema" is "other"/,
  ],
  [["before.json", "wide.json"], /before measured "orders" and wide "wide"/],
  [["before.json", "cut.json"], /was not measured to its end/],
  [
    ["before.json", "same.json", "--budget", "streaming.speed=5"],
    /"speed" .* is not a metric; there are: first_byte_s/,
  ],
  [["before.json", "same.json", "--budget", "file.total_s=5"], /budget for file\.total_s can't be judged/],
  [["before.json", "same.json", "--format", "pdf"], /"pdf" is not one of its values.*text, markdown/],
  [["before.json", "same.json", "-o", "pdf=x"], /"pdf=x" is not an output\. Write FORMAT=FILE/],
  [["before.json"], /missing required argument 'after'/],
];
for (const [args, reason] of refused) {
  test(`compare ${args.join(" ")} is refused with a sentence`, async () => {
    const { exitCode, stdout, stderr } = await runCliInTurn([
      "compare",
      ...args.map((arg) => (arg.endsWith(".json") ? file(arg) : arg)),
    ]);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /\n {4}at /);
  });
}
