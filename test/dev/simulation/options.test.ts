import assert from "node:assert/strict";
import { test } from "node:test";
import { parseOptions } from "../../../dev/simulation/options.ts";

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
