import assert from "node:assert/strict";
import { test } from "node:test";
import { csvChunks } from "../../src/index.ts";
import type * as values from "../../src/csv/value.ts";

/** The classes of a second copy of the package in the same program. */
const copy = (await import(new URL("../../src/csv/value.js?copy", import.meta.url).href)) as typeof values;

const foreign: Readonly<Record<string, object>> = {
  decimal: new copy.DecimalValue(150n, 2),
  instant: new copy.InstantValue(0, "ms"),
  written: new copy.WrittenValue("01:02:03"),
  day: new copy.DayValue(1),
  number: new copy.NumberTextValue("1.50"),
  json: new copy.JsonTextValue("{}"),
  single: new copy.SingleValue(0.5),
  interval: new copy.IntervalValue(1, 2, 0n),
  list: new copy.ArrayValue([1]),
};

async function textOf(row: readonly unknown[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of csvChunks([row], { columns: ["v"], dialect: "unix" })) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("every class of values is tried here", () => {
  const tried = new Set(Object.values(foreign).map((value) => value.constructor.name));
  const classes = Object.keys(copy).filter((name) => /^[A-Z]/.test(name));
  assert.deepEqual([...tried].toSorted(), classes.toSorted());
});

for (const [name, value] of Object.entries(foreign)) {
  test(`refuses a value (${name}) of a source of another copy of the package, instead of writing its fields`, async () => {
    for (const cell of [value, { inside: value }, [value]])
      await assert.rejects(textOf([cell]), {
        code: "SCSV_NO_TEXT",
        row: 1,
        column: "v",
        message: /another copy of this package.*npm ls stream-csv/,
      });
  });
}
