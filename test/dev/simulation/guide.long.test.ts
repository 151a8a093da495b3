import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseOptions } from "../../../dev/simulation/options.ts";
import { report } from "../../../dev/simulation/report.ts";

const page = await readFile(new URL("../../../../docs/guides/scale.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/^node dist\/dev\/simulation\/main\.js (.*)\n```\n\n((?:\|.*\n)+)/gm)];

test("the guide shows tables of the simulation", () => {
  assert.ok(shown.length >= 3);
});

for (const [, options = "", table] of shown) {
  test(`the guide shows what the simulation prints with ${options}`, () => {
    assert.equal(report(parseOptions(options.split(" "))), table);
  });
}
