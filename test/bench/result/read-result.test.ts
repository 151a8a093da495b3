import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseResult, readResultFile } from "../../../bench/result/read-result.ts";
import { StreamCsvError } from "../../../src/errors.ts";
import { resultPath } from "../report/results.ts";

const text = readFileSync(resultPath("interrupted"), "utf8");

/** The result file with a field changed. */
function changed(change: (result: Record<string, unknown>) => void): string {
  const result = JSON.parse(text) as Record<string, unknown>;
  change(result);
  return JSON.stringify(result);
}

const bad: readonly (readonly [title: string, text: string, message: RegExp])[] = [
  ["text that isn't JSON", "total,0.8", /^"r\.json" is not JSON: Unexpected token/],
  ["a file cut short", text.slice(0, 500), /^"r\.json" is not JSON: /],
  ["an empty file", "", /^"r\.json" is not JSON: Unexpected end/],
  [
    "another kind of JSON",
    '{"name":"x"}',
    /is not a result of stream-csv bench: its "schema" is missing, and should be/,
  ],
  ["a list", "[1]", /its "schema" is missing/],
  ["null", "null", /its "schema" is missing/],
  [
    "a schema of another tool",
    '{"schema":"k6.v1"}',
    /its "schema" is "k6\.v1", and should be "stream-csv\.bench\.v1"/,
  ],
  [
    "a newer version",
    changed((result) => (result["schema"] = "stream-csv.bench.v2")),
    /has the format "stream-csv\.bench\.v2", and this version reads stream-csv\.bench\.v1/,
  ],
  [
    "a metric with the name of what every object has",
    changed((result) => (result["metrics"] = [{ id: "toString", unit: "s", better: "lower", gate: false }])),
    /: metrics\.0\.id: expected something else, and found "toString"\./,
  ],
  [
    "a field of the wrong type",
    changed((result) => (result["seed"] = "seven")),
    /is not a complete stream-csv\.bench\.v1 result: seed: expected number, and found "seven"\./,
  ],
  [
    "a missing field",
    changed((result) => delete result["rounds"]),
    /: rounds: expected \S*rounds\S*, and found undefined\./,
  ],
  [
    "a fault deep within",
    text.replace('"total_s": null', '"total_s": "fast"'),
    /: rounds\.1\.arms\.this\.total_s: expected .*number.*, and found "fast"\./,
  ],
  [
    "more faults than can be read",
    changed((result) =>
      Object.assign(result, {
        seed: "",
        tool: 1,
        createdAt: 1,
        checks: 1,
        exitCode: "",
        arms: 1,
        warnings: 1,
      }),
    ),
    /; and 2 more\.$/,
  ],
];

for (const [title, content, message] of bad) {
  test(`${title} is refused with what is wrong and where`, () => {
    assert.throws(
      () => parseResult(content, "r.json"),
      (error) => {
        assert.ok(error instanceof StreamCsvError);
        assert.equal(error.code, "SCSV_BAD_RESULT");
        assert.match(error.message, message);
        assert.ok(error.hint.length > 10);
        return true;
      },
    );
  });
}

test("a file of a newer version is reported as such, with what to do", () => {
  assert.throws(
    () => parseResult('{"schema":"stream-csv.bench.v12"}', "r.json"),
    (error) => error instanceof StreamCsvError && error.hint.startsWith("A newer stream-csv wrote it"),
  );
});

test("names a file that does not exist", async () => {
  await assert.rejects(readResultFile("no/such/result.json"), {
    code: "SCSV_BAD_RESULT",
    message: /^"no\/such\/result\.json" can't be read: ENOENT/,
  });
});

test("rows of arms and sampled series may be there, or not", () => {
  assert.equal(parseResult(text, "r.json").series, undefined);
  const { series, arms } = parseResult(readFileSync(resultPath("explaining"), "utf8"), "r.json");
  assert.ok((series?.length ?? 0) > 0);
  assert.equal(typeof arms[0]?.rows, "number");
});

test("accepts a byte order mark before the JSON", () => {
  assert.equal(parseResult(`\uFEFF${text}`, "r.json").seed, parseResult(text, "r.json").seed);
});

test("reads a result of a newer version with fields that it doesn't know, as if they weren't there", () => {
  const extended = changed((result) => {
    result["added"] = { deep: [1] };
    Object.assign(result["environment"] as object, { added: 1 });
    for (const arm of result["arms"] as object[]) Object.assign(arm, { added: 1 });
  });
  assert.deepEqual(parseResult(extended, "r.json"), parseResult(text, "r.json"));
});
