import assert from "node:assert/strict";
import { test } from "node:test";
import { fileNameOf, readFileName } from "../../src/export/file-name.ts";

const good: readonly (readonly [string, string])[] = [
  ["report", "report"],
  ["report.csv", "report"],
  ["report.CSV", "report"],
  ["report.tsv", "report"],
  ["run.bat", "run.bat"],
  ["page.html", "page.html"],
  ["a.csv.csv", "a.csv"],
  ["Umsätze 2026", "Umsätze 2026"],
  ["名前", "名前"],
  ["می\u200Cخواهم", "می\u200Cخواهم"],
  ["console", "console"],
  ["com10", "com10"],
  ["x".repeat(240), "x".repeat(240)],
];
for (const [text, name] of good)
  test(`takes ${JSON.stringify(text.slice(0, 20))}, and leaves the ending to the dialect`, () =>
    assert.equal(readFileName(text), name));

const bad: readonly (readonly [string, RegExp])[] = [
  ["", /it is empty/],
  [".csv", /it is empty/],
  ["a/b", /U\+002F/],
  ["a\\b", /U\+005C/],
  ["a\nb", /U\+000A/],
  ["a\u007Fb", /U\+007F/],
  ["a\u0085b", /U\+0085/],
  ["vsc.\u202Etab", /U\+202E/],
  ["a\u2066b", /U\+2066/],
  ["a\u200Fb", /U\+200F/],
  ["a\u200Bb", /U\+200B/],
  ["a\u2028b", /U\+2028/],
  ["a\u2029b", /U\+2029/],
  ["a\uFEFFb", /U\+FEFF/],
  ["a\uD800b", /U\+D800/],
  ["con", /device/],
  ["NUL.csv", /device/],
  ["aux.txt", /device/],
  ["com1", /device/],
  ["LPT³", /device/],
  ["prn .txt", /device/],
  [".htaccess", /begins or ends/],
  [" a", /begins or ends/],
  ["a.", /begins or ends/],
  ["a .csv", /begins or ends/],
  ["ä".repeat(121), /240 bytes/],
];
for (const [text, reason] of bad)
  test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => assert.throws(() => readFileName(text), reason));

test("the name of an export is a file name that a request may ask for, whatever letters it has", () => {
  for (const [text] of [...bad.slice(1), ["😀".repeat(70)] as const, [`${"x".repeat(239)}.y`] as const])
    assert.equal(readFileName(`${fileNameOf(text)}.csv`), fileNameOf(text));
  for (const [text] of good) assert.equal(fileNameOf(text), text);
  assert.deepEqual(["a\nb", "vsc.\u202Etab", "../x", "aux", ".env"].map(fileNameOf), [
    "a_b",
    "vsc._tab",
    "_._x",
    "_aux",
    "_env",
  ]);
});
