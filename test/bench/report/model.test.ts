import assert from "node:assert/strict";
import { test } from "node:test";
import { renderReport } from "../../../bench/internal.ts";
import type { BenchResult } from "../../../bench/index.ts";
import { buildReport } from "../../../bench/report/build-report.ts";
import { shownCell } from "../../../bench/report/shown-cell.ts";
import { plainText } from "../../../bench/report/plain-text.ts";
import { readHtmlTables, readMarkdownTables, tablesOf, textsOf } from "./read-tables.ts";
import { fixtureResult } from "./results.ts";

const names = ["explaining", "regression", "inconclusive", "pass", "invalid", "interrupted", "hostile"];

for (const name of names) {
  test(`Markdown and HTML of the ${name} result have every table of the model, cell by cell`, async () => {
    const result = fixtureResult(name);
    const expected = tablesOf(buildReport(result)).map(textsOf);
    assert.ok(expected.length > 1);
    const sorted = (tables: readonly unknown[]): readonly string[] =>
      tables.map((table) => JSON.stringify(table)).toSorted();
    const markdown = readMarkdownTables(await renderReport("markdown", result));
    assert.deepEqual(sorted(markdown), sorted(expected));
    const page = readHtmlTables(await renderReport("html", result));
    assert.deepEqual(sorted(page), sorted(expected));
  });

  test(`text of the ${name} result has every row of the tables that aren't folded away`, async () => {
    const result = fixtureResult(name);
    const lines = (await renderReport("text", result, { columns: 1000 })).split("\n");
    for (const { tables = [] } of buildReport(result).sections) {
      for (const { rows } of tables) {
        for (const row of rows) {
          const cells = row.map((cell) => plainText(shownCell(cell)));
          const found = lines.some((line) => cells.every((cell) => line.includes(cell)));
          assert.ok(found, cells.join(" "));
        }
      }
    }
  });

  test(`every format for people has all sentences of the ${name} result`, async () => {
    const result = fixtureResult(name);
    const { conclusion, sections, footnotes, versions } = buildReport(result);
    const sentences = [
      conclusion.title,
      ...conclusion.sentences,
      ...sections.map(({ heading }) => heading),
      ...sections.flatMap((section) => section.sentences ?? []),
      ...footnotes,
      ...(versions === null ? [] : [versions]),
    ];
    for (const format of ["text", "markdown", "html"] as const) {
      const shown = lettersOf(await renderReport(format, result, { columns: 1000 }));
      for (const sentence of sentences) {
        // Only text has no folded tables, so that a section of nothing else has no heading there.
        if (format !== "html" && sentence === "The run") continue;
        assert.ok(shown.includes(lettersOf(sentence)), `${format}: ${sentence}`);
      }
    }
  });
}

/** Letters and digits alone, since each format escapes and wraps in its own way. */
function lettersOf(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, "").replaceAll(/[^\p{L}\p{N}]+/gu, "");
}

test("every number of the rounds is in the tables of the model, but no short requests of a single round", () => {
  const result = fixtureResult("explaining");
  const values = tablesOf(buildReport(result)).flatMap(({ rows }) =>
    rows.flat().flatMap((cell) => (cell.kind === "quantity" ? [cell.value] : [])),
  );
  const known = new Set(values);
  for (const { arms } of result.rounds) {
    for (const [metric, value] of Object.values(arms).flatMap((measured) => Object.entries(measured))) {
      const isCounted = /^ping_(kept|lost|per_s)/.test(metric);
      assert.equal(known.has(value), !isCounted, `${metric} ${String(value)}`);
    }
  }
});

test("a scenario that this version doesn't know is shown with every metric of every arm", async () => {
  const result = fixtureResult("regression");
  const renamed = <T extends { readonly scenario: string }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, scenario: "later" }));
  const metrics = result.metrics.map((metric) =>
    metric.id === "total_s" ? { ...metric, unit: "furlongs" } : metric,
  );
  const later: BenchResult = {
    ...result,
    metrics,
    arms: renamed(result.arms),
    rounds: renamed(result.rounds),
    comparisons: renamed(result.comparisons),
  };
  const section = buildReport(later).sections.find(({ kind }) => kind === "scenario");
  assert.equal(section?.heading, "later");
  const [table] = section.tables ?? [];
  assert.equal(table?.rows.length, metrics.length);
  const titles = new Set(table.columns.map(({ title }) => title));
  for (const { id } of result.arms) assert.ok(titles.has(id), id);
  assert.match(await renderReport("text", later), /^total +0\.\d+ furlongs/m);
});

test("a warning on an arm is a footnote of the arm's column in every format for people", async () => {
  const result = fixtureResult("explaining");
  const warnings = [...result.warnings, "file was measured from the page cache."];
  const shown = { ...result, warnings };
  assert.match(await renderReport("text", shown, { columns: 120 }), /^metric .* file ³ /m);
  assert.match(await renderReport("markdown", shown), /\| file\[\^3\] \|/);
  const page = await renderReport("html", shown);
  assert.match(page, /<th scope="col">file<sup><a href="#note-3">3<\/a><\/sup><\/th>/);
  assert.ok(page.includes('<li id="note-3">file was measured from the page cache.</li>'));
});

test("a name with wide letters keeps the columns of text in line", async () => {
  const text = JSON.stringify(fixtureResult("regression"))
    .replaceAll('"streaming-control"', '"注文"')
    .replaceAll('"streaming"', '"é👍"');
  const lines = (await renderReport("text", JSON.parse(text) as BenchResult, { columns: 120 })).split("\n");
  const head = lines.find((line) => line.startsWith("metric") && line.includes("é👍/注文")) ?? "";
  const row = lines.find((line) => line.startsWith("first byte  ")) ?? "";
  // A Chinese letter takes two columns of a terminal; the emoji takes two as well, and is two units of text.
  assert.equal(head.length + "注文注文".length, row.length);
});
