import assert from "node:assert/strict";
import { test } from "node:test";
import { fitsPattern } from "../../../src/server/access/name-pattern.ts";
import { digestOf, TokenBook } from "../../../src/server/access/token-book.ts";

const nowMs = Date.UTC(2027, 0, 1);

function sha256(token: string): string {
  return digestOf(token).toString("hex");
}

test("finds a token by its SHA-256, in either case of the digits", () => {
  const book = new TokenBook([
    { name: "a", sha256: sha256("first") },
    { name: "b", sha256: sha256("second").toUpperCase() },
  ]);
  assert.equal(book.find("first", nowMs)?.token, "a");
  assert.equal(book.find("second", nowMs)?.token, "b");
  for (const wrong of ["", "firs", "first ", "First", sha256("first")])
    assert.equal(book.find(wrong, nowMs), undefined, wrong);
});

test("a token expires when its day begins in UTC, or at its moment", () => {
  const book = new TokenBook([
    { name: "day", sha256: sha256("day"), expires: "2027-01-01" },
    { name: "moment", sha256: sha256("moment"), expires: "2027-01-01T01:00:00+01:00" },
  ]);
  for (const token of ["day", "moment"]) {
    assert.equal(book.find(token, nowMs - 1)?.token, token);
    assert.equal(book.find(token, nowMs), undefined);
  }
});

test("two tokens of one name are both good, so that one can replace the other", () => {
  const book = new TokenBook([
    { name: "acme", sha256: sha256("old"), expires: "2027-01-01" },
    { name: "acme", sha256: sha256("new"), admin: true },
  ]);
  assert.equal(book.find("old", nowMs - 1)?.isAdmin, false);
  assert.equal(book.find("new", nowMs)?.isAdmin, true);
});

const patterns: readonly (readonly [name: string, pattern: string, fits: boolean])[] = [
  ["invoices", "invoices", true],
  ["invoices2", "invoices", false],
  ["invoices", "*", true],
  ["", "*", true],
  ["sales.eu", "sales.*", true],
  ["sales.", "sales.*", true],
  ["sales", "sales.*", false],
  ["a.b.c", "a*c", true],
  ["ac", "a*c", true],
  ["a", "a*a", false],
  ["aa", "a*a", true],
  ["aXbYc", "*X*Y*", true],
  ["aYbXc", "*X*Y*", false],
  ["ab", "a*b*b", false],
  ["a.b", "a?b", false],
  ["a+b", "a+b", true],
];
for (const [name, pattern, fits] of patterns)
  test(`"${name}" ${fits ? "fits" : "doesn't fit"} "${pattern}"`, () =>
    assert.equal(fitsPattern(name, pattern), fits));
