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

for (const [options, message] of [
  [[], /--jobs-per-second "" is not a number/],
  [["--jobs-per-second", "1", "--sizes", "p50=1MiB"], /--sizes "p50=1MiB" is not a distribution/],
  [["--jobs-per-second", "1", "--sizes", "p50=2MiB,p100=1MiB"], /is not a distribution/],
  [["--jobs-per-second", "1", "--sizes", "fixed:0"], /"0" is not a size of a result/],
  [["--jobs-per-second", "1", "--sizes", "lognormal:4MiB"], /is not a distribution/],
  [["--jobs-per-second", "1", "--workers", "1.5"], /--workers "1.5" is not a whole number/],
  [["--jobs-per-second", "1", "--runs", "2"], /--runs "2" is not a number from 6/],
  [["--jobs-per-second", "1", "--speed", "0"], /--speed "0" must be above 0/],
  [["--jobs-per-second", "1", "--download", "fast"], /--download "fast" is not known/],
] as const) {
  test(`refuses ${options.join(" ") || "no options"}`, () => {
    assert.throws(() => parseOptions(options), message);
  });
}

test("says when no number of workers is enough", () => {
  const options = "--jobs-per-second 50000 --jobs 5000 --runs 6 --queue 1 --wanted-wait 0";
  assert.throws(() => report(parseOptions(options.split(" "))), /No number of workers up to 4096 is enough/);
});
