import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as holds, constantFrom, nat, property, string } from "fast-check";
import { didYouMean } from "../src/similar-name.ts";

const names = ["rfc4180", "unix", "excel", "excel-eu", "tsv", "postgres"];

test("suggests the name that is closest to a slip of the fingers, and nothing where none is close", () => {
  for (const [text, name] of [
    ["exel", "excel"],
    ["Excel", "excel"],
    ["excel-ue", "excel-eu"],
    ["postgers", "postgres"],
    ["rfc418", "rfc4180"],
    ["csv", "tsv"],
  ] as const)
    assert.equal(didYouMean(text, names), ` Did you mean "${name}"?`);
  for (const text of ["", "a", "parquet", "x".repeat(100_000)]) assert.equal(didYouMean(text, names), "");
});

test("finds a name again that lost a letter, gained one, or had two swapped", () => {
  const name = constantFrom("orders", "customers", "slow-readers");
  holds(
    property(name, nat(), string({ minLength: 1, maxLength: 1 }), (original, place, letter) => {
      const at = place % original.length;
      const [head, tail] = [original.slice(0, at), original.slice(at)];
      const swapped = `${head}${tail.charAt(1)}${tail.charAt(0)}${tail.slice(2)}`;
      for (const slip of [head + tail.slice(1), head + letter + tail, swapped])
        assert.equal(didYouMean(slip, ["x", original, "unrelated"]), ` Did you mean "${original}"?`);
    }),
  );
});
