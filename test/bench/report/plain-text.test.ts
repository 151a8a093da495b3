import assert from "node:assert/strict";
import { test } from "node:test";
import { compareResults } from "../../../bench/gate/baseline/compare-results.ts";
import { comparisonText } from "../../../bench/report/comparison-text.ts";
import { renderReport } from "../../../bench/report/renderers.ts";
import { plainLines, plainText, withPlainTexts } from "../../../bench/report/plain-text.ts";
import { simulateResult } from "../gate/results.ts";
import { fixtureResult } from "./results.ts";

const texts: readonly (readonly [text: string, plain: string])[] = [
  ["an ordinary sentence: 5 %.", "an ordinary sentence: 5 %."],
  ["http://[::1]:8080/a::b", "http://[::1]:8080/a::b"],
  ["\u001b[31mred\u001b[0m", "[31mred [0m"],
  ["one\r\ntwo\u2028three\u0085four", "one two three four"],
  ["::error::x", ": :error::x"],
  [" \u00a0::error::x", ": :error::x"],
  [":::error::x", ": : :error::x"],
  ["later ::stop-commands::x", "later : :stop-commands::x"],
  ["an_::error::arm-::error::", "an_: :error::arm-: :error::"],
  ["a##[error]x", "a## [error]x"],
];
for (const [text, plain] of texts) {
  test(`${JSON.stringify(text)} is shown as ${JSON.stringify(plain)}`, () => {
    assert.equal(plainText(text), plain);
    assert.equal(plainText(plain), plain);
  });
}

test("several lines keep their breaks and indentation, and none of them is a command", () => {
  assert.equal(
    plainLines("It wrote:\r\n  at\u0007 line\n ::error::x\n##[group]y\n"),
    "It wrote:\n  at  line\n : :error::x\n## [group]y\n",
  );
});

test("a plain copy keeps numbers and nulls, and what refers to a key still finds it", () => {
  const copy = withPlainTexts({ order: ["a\u001bb"], arms: { "a\u001bb": { x: 1.5, y: null } }, ok: true });
  assert.deepEqual(copy, { order: ["a b"], arms: { "a b": { x: 1.5, y: null } }, ok: true });
});

function assertHarmless(text: string): void {
  assert.doesNotMatch(text, /[^\P{Cc}\n]/u);
  for (const line of text.split("\n")) assert.doesNotMatch(line.trimStart(), /^::|##\[/);
}

test("no line of a text report is a command, and none reaches the terminal, however it is wrapped", async () => {
  for (let columns = 40; columns <= 140; columns += 1) {
    assertHarmless(await renderReport("text", fixtureResult("hostile"), { columns }));
  }
});

test("neither is one of a comparison", () => {
  const names = { before: "::error::a\u001b[31m", after: "b\n::error::c" };
  const { view } = compareResults(simulateResult({ seed: 1 }), simulateResult({ seed: 2, cpu: 1.2 }), {
    names,
    budgets: [],
    isStrict: false,
    tool: { name: "stream-csv", version: "1.0.0" },
    createdAt: "2026-02-02T00:00:00.000Z",
  });
  const warnings = ["::error::d\u0007"];
  assertHarmless(comparisonText({ ...view, warnings, reasons: warnings }, { hasColor: false }));
});
