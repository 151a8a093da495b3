import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatSeconds,
  parseByteSize,
  parseCount,
  parseDuration,
} from "../src/units.ts";

const sizes: readonly (readonly [string, number])[] = [
  ["0", 0],
  ["65536", 65_536],
  ["64k", 65_536],
  ["64K", 65_536],
  ["10MiB", 10_485_760],
  ["10 MiB", 10_485_760],
  ["1.5g", 1_610_612_736],
  ["20kB", 20_000],
  ["2GB", 2_000_000_000],
];
for (const [text, bytes] of sizes) {
  test(`reads the size ${text} as ${bytes} bytes`, () => assert.equal(parseByteSize(text), bytes));
}

const durations: readonly (readonly [string, number])[] = [
  ["0", 0],
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["1h", 3_600_000],
];
for (const [text, milliseconds] of durations) {
  test(`reads the duration ${text} as ${milliseconds} ms`, () =>
    assert.equal(parseDuration(text), milliseconds));
}

const nonsense: readonly (readonly [string, (text: string) => number, readonly string[]])[] = [
  ["size", parseByteSize, ["", "-1", "1e3", "0x10", "10 XB", "MiB", "1..5k", "9007199254740993"]],
  ["duration", parseDuration, ["", "30", "-1s", "s", "1 day", "1e3s"]],
  [
    "count",
    parseCount,
    ["", "-1", "+5", "1e3", "0x10", "1.0", " 1", "9007199254740992", "99999999999999999999"],
  ],
];
for (const [what, parse, texts] of nonsense) {
  for (const text of texts) {
    test(`refuses "${text}" as a ${what}, quoting it`, () => {
      assert.throws(
        () => parse(text),
        (error: RangeError & { code?: string }) => {
          assert.equal(error.code, "SCSV_ARG_RANGE");
          return error instanceof RangeError && error.message.includes(`"${text}"`);
        },
      );
    });
  }
}

test("reads counts up to 2^53 - 1", () => {
  assert.equal(parseCount("0"), 0);
  assert.equal(parseCount("007"), 7);
  assert.equal(parseCount("9007199254740991"), Number.MAX_SAFE_INTEGER);
});

test("writes sizes, durations and counts for people", () => {
  assert.deepEqual([0, 512, 1024, 65_536, 10.5 * 1024 ** 2, 1.5 * 1024 ** 3].map(formatBytes), [
    "0 B",
    "512 B",
    "1.00 KiB",
    "64.0 KiB",
    "10.5 MiB",
    "1.50 GiB",
  ]);
  assert.deepEqual([0, 0.000_35, 0.0123, 0.9999, 1.25, 245].map(formatSeconds), [
    "0 s",
    "350 µs",
    "12.3 ms",
    "1.00 s",
    "1.25 s",
    "4 min 05 s",
  ]);
  const nearlyMore = [9.996 * 1024, 99.96 * 1024, 1024 ** 2 - 1, 1024 ** 3 - 1, 1023.4 * 1024];
  assert.deepEqual(nearlyMore.map(formatBytes), ["10.0 KiB", "100 KiB", "1.00 MiB", "1.00 GiB", "1023 KiB"]);
  assert.deepEqual([0.009_996, 0.099_96, 9.996, 99.96].map(formatSeconds), [
    "10.0 ms",
    "100 ms",
    "10.0 s",
    "100 s",
  ]);
  assert.deepEqual([3_000_000, 0, -0.4, -1.6].map(formatCount), ["3,000,000", "0", "0", "-2"]);
  assert.deepEqual(
    [0, 1, 3000].map((count) => formatCountOf(count, "row")),
    ["0 rows", "1 row", "3,000 rows"],
  );
});
