import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { parse } from "csv-parse/sync";
import { renderers, renderReport, type ReportFormat } from "../../../bench/report/renderers.ts";
import { terminalReport } from "../../../bench/report/terminal/terminal.ts";
import type { BenchResult } from "../../../bench/index.ts";
import { openBrowser, skippedWithoutChromium } from "../../harness/chromium.ts";
import { assertGolden, fixtureResult, resultPath } from "./results.ts";

const names = ["explaining", "regression", "inconclusive", "pass", "invalid", "interrupted", "hostile"];
const goldens: readonly (readonly [ReportFormat, readonly string[]])[] = [
  ["markdown", names],
  ["junit", names],
  ["csv", ["interrupted", "hostile"]],
  ["text", ["explaining", "regression", "invalid", "hostile"]],
];

for (const [format, results] of goldens) {
  for (const name of results) {
    test(`${format} of the ${name} result is what its golden file says`, async () => {
      assertGolden(`${name}.${format}`, await renderReport(format, fixtureResult(name)));
    });
  }
}

for (const format of Object.keys(renderers) as ReportFormat[]) {
  test(`${format} is the same, byte for byte, when it is rendered again`, async () => {
    const first = await renderReport(format, fixtureResult("regression"));
    assert.equal(await renderReport(format, fixtureResult("regression")), first);
    assert.ok(first.length > 100);
  });

  test(`${format} can be made of a run that has measured nothing`, async () => {
    const empty: BenchResult = {
      ...fixtureResult("interrupted"),
      arms: [],
      rounds: [],
      checks: [],
      warnings: [],
    };
    assert.equal(typeof (await renderReport(format, empty)), "string");
  });
}

test("text is the report of the terminal, coloured only where that is asked for", async () => {
  const result = fixtureResult("explaining");
  const plain = await renderReport("text", result);
  assert.equal(plain, terminalReport(result, { hasColor: false }));
  const colored = await renderReport("text", result, { hasColor: true });
  assert.notEqual(colored, plain);
  assert.equal(stripVTControlCharacters(colored), plain);
});

test("json is the result file, its fields in the order of the format", async () => {
  const result = fixtureResult("explaining");
  const text = await renderReport("json", result);
  assert.deepEqual(JSON.parse(text), JSON.parse(readFileSync(resultPath("explaining"), "utf8")));
  const shuffled = Object.fromEntries(Object.entries(result).toReversed()) as BenchResult;
  assert.equal(await renderReport("json", shuffled), text);
});

test("json keeps a result that breaks its own format, rather than nothing", async () => {
  const broken = { ...fixtureResult("interrupted"), exitCode: -1 };
  assert.deepEqual(JSON.parse(await renderReport("json", broken)), JSON.parse(JSON.stringify(broken)));
});

test("csv has a row for each value of each round, which another reader reads back", async () => {
  for (const name of ["explaining", "hostile"]) {
    const result = fixtureResult(name);
    const text = await renderReport("csv", result);
    const rows = parse(text, { columns: true }) as unknown as readonly Readonly<Record<string, string>>[];
    const expected = result.rounds.flatMap(({ scenario, index, valid, arms }) =>
      Object.entries(arms).flatMap(([arm, measured]) =>
        Object.entries(measured).map(([metric, value]) => ({
          scenario,
          round: String(index),
          valid: String(valid),
          arm,
          metric,
          unit: result.metrics.find(({ id }) => id === metric)?.unit ?? "",
          value: value === null ? "" : String(value),
        })),
      ),
    );
    assert.deepEqual(JSON.parse(JSON.stringify(rows)), expected);
    assert.ok(expected.length > 5);
  }
});

test("Markdown shows the markup of a result as text", async () => {
  const text = await renderReport("markdown", fixtureResult("hostile"));
  assert.doesNotMatch(text, /<script/i);
  assert.ok(text.includes("&lt;script"));
  assert.doesNotMatch(text, /[^\\]\]\(javascript/);
  assert.doesNotMatch(text, /^::/m);
});

test("every footnote of Markdown is referred to, and every reference has its footnote", async () => {
  const text = await renderReport("markdown", fixtureResult("explaining"));
  const notes = [...text.matchAll(/^\[\^(\d+)\]: /gm)].map(([, number]) => number);
  const references = [...text.matchAll(/\[\^(\d+)\](?!:)/g)].map(([, number]) => number);
  assert.deepEqual([...new Set(references)], notes);
  assert.equal(notes.length, fixtureResult("explaining").warnings.length);
});

test("Markdown of a long run stays below the limit, verdict first, and says what is missing", async () => {
  const result = fixtureResult("regression");
  const rounds = Array.from({ length: 6000 }, (_, index) => ({ ...result.rounds[index % 8]!, index }));
  const warnings = Array.from({ length: 500 }, (_, index) => `Warning ${index} of many.`);
  const text = await renderReport("markdown", { ...result, rounds, warnings });
  assert.ok(Buffer.byteLength(text) < 1024 ** 2, `${Buffer.byteLength(text)} bytes`);
  assert.ok(text.includes("**Regression: 1 of 4"));
  assert.ok(
    text.endsWith(
      "Left out because of the size limit: Values of every round: export. The result file has everything.\n",
    ),
  );
  assert.ok(text.includes("The result file has 450 more warnings."));
  const tiny = await renderReport("markdown", result, { mostBytes: 5000 });
  assert.ok(Buffer.byteLength(tiny) < 5000);
  assert.match(tiny, /\*\*Regression: 1 of 4/);
});

const outcomes: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["pass", { failures: "0", errors: "0", skipped: "0" }],
  ["regression", { failures: "1", errors: "0", skipped: "0" }],
  ["inconclusive", { failures: "0", errors: "0", skipped: "1" }],
  ["explaining", { failures: "0", errors: "0" }],
  ["interrupted", { failures: "0", errors: "1" }],
];

for (const [name, counts] of outcomes) {
  test(`junit of the ${name} result counts ${JSON.stringify(counts)}`, async () => {
    const text = await renderReport("junit", fixtureResult(name));
    const [head = ""] = /<testsuites [^>]*>/.exec(text) ?? [];
    for (const [key, count] of Object.entries(counts)) assert.ok(head.includes(`${key}="${count}"`), head);
  });
}

test("junit fails on what can't be decided when the run itself did, with --strict", async () => {
  const strict = { ...fixtureResult("inconclusive"), exitCode: 3 };
  assert.match(await renderReport("junit", strict), /<testsuites [^>]*failures="1"/);
});

const levels: readonly (readonly [name: string, said: string])[] = [
  [
    "regression",
    "intervals of at least 96.1 % confidence; where a budget applies, each bound has 98.0 % confidence",
  ],
  // Its short requests were counted in a single round, which has no interval.
  ["explaining", "intervals of at least 87.5 % confidence"],
];
for (const [name, said] of levels) {
  test(`reports of the ${name} result say how much confidence its intervals have`, async () => {
    for (const format of ["text", "markdown", "html"] as const) {
      const text = await renderReport(format, fixtureResult(name), { columns: 240 });
      assert.match(text, new RegExp(`[Rr]atios .*with ${said}\\.?(</p>.*)?$`, "m"), format);
    }
  });
}

test("every format for people shows the whole budget of what was compared with one", async () => {
  for (const format of ["text", "markdown", "html"] as const) {
    const text = await renderReport(format, fixtureResult("regression"), { columns: 120 });
    assert.ok(text.includes("10 % and 8 MiB"), format);
    assert.match(text, /body.*1×.*equal/, format);
  }
});

test("junit of an invalid result fails with what was wrong", async () => {
  const text = await renderReport("junit", fixtureResult("invalid"));
  assert.match(text, /<failure message="integrity\.buffered\.bytes is 11148469, but 11148470 was expected/);
});

test(
  "junit is well-formed XML with the counts it claims, whatever the names in it",
  { skip: skippedWithoutChromium },
  async () => {
    await using browser = await openBrowser();
    for (const name of names) {
      const text = await renderReport("junit", fixtureResult(name));
      const found = (await browser.evaluate(`(() => {
        const parsed = new DOMParser().parseFromString(${JSON.stringify(text)}, "application/xml");
        const root = parsed.documentElement;
        return {
          root: root.tagName,
          tests: [Number(root.getAttribute("tests")), parsed.querySelectorAll("testcase").length],
          failures: [Number(root.getAttribute("failures")), parsed.querySelectorAll("failure").length],
          errors: [Number(root.getAttribute("errors")), parsed.querySelectorAll("error").length],
          skipped: [Number(root.getAttribute("skipped")), parsed.querySelectorAll("skipped").length],
        };
      })()`)) as { root: string } & Record<string, readonly [number, number]>;
      const { root, ...counts } = found;
      assert.equal(root, "testsuites", name);
      for (const [claimed, counted] of Object.values(counts)) assert.equal(claimed, counted, name);
    }
  },
);
