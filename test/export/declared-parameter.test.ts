import assert from "node:assert/strict";
import { test } from "node:test";
import { benchSettings } from "../../bin/configuration/bench-settings.ts";
import { readParameterValue, textsOfItems } from "../../src/export/declared-parameter.ts";

const list = { type: "text", oneOf: null, list: true } as const;

test("reads the items of a list as they were, whatever they hold", () => {
  for (const items of [["a"], ["a,b"], ["a", "b,c"], [""], ["", ""], ['"'], ['"a"', ","], ["a\r\nb"], ["\n"]])
    assert.deepEqual(readParameterValue(list, textsOfItems(items)), items);
});

test("a text that UTF-8 or a database can't hold is refused, also as an item of a list", () => {
  const single = { type: "text", oneOf: null, list: false } as const;
  for (const text of ["a\0", "\uD800", "a\uDC00b", "\uDC00\uD800"]) {
    assert.throws(
      () => readParameterValue(single, [text]),
      /text without NUL and without half of a surrogate pair/,
    );
    assert.throws(() => readParameterValue(list, textsOfItems(["good", text])), RangeError);
  }
  assert.equal(readParameterValue(single, ["\u{1F600}\uFFFD"]), "\u{1F600}\uFFFD");
});

test("takes an array of the bench's configuration for items, and a text for a CSV row of them", () => {
  const read = benchSettings("stream-csv.yaml")["parameters"] as (
    value: unknown,
  ) => readonly [string, string][];
  const itemsOf = (value: unknown): unknown =>
    readParameterValue(
      list,
      read({ status: value }).map(([, text]) => text),
    );
  assert.deepEqual(itemsOf(["open,late"]), ["open,late"]);
  assert.deepEqual(itemsOf(["open,late", "paid"]), ["open,late", "paid"]);
  assert.deepEqual(itemsOf("open,late"), ["open", "late"]);
});
