import assert from "node:assert/strict";
import { test } from "node:test";
import { exportParameters, readExportParameters } from "../../src/export/parameters.ts";
import { openCatalog } from "../../src/export/catalog.ts";
import { planExport, type ExportPlan } from "../../src/export/plan.ts";

const listed = await (await openCatalog()).list();

function plan(query: string, name = "orders"): ExportPlan {
  const found = listed.find((one) => one.name === name);
  assert.ok(found !== undefined && "definition" in found);
  return planExport(found.definition, readExportParameters([...new URLSearchParams(query)]));
}

test("plans an export without parameters as its defaults say", () => {
  const { delivery, rows, expectedRows, columnIndexes, dialect, filename, encoder } = plan("");
  assert.deepEqual(
    { delivery, rows, expectedRows, columnIndexes, dialect: dialect.name, filename, encoder },
    {
      delivery: "streaming",
      rows: null,
      expectedRows: 1_000_000,
      columnIndexes: null,
      dialect: "rfc4180",
      filename: "orders.csv",
      encoder: "fast",
    },
  );
});

test("reads columns as one CSV row", () => {
  assert.deepEqual(plan("columns=status,id").columnIndexes, [8, 0]);
  assert.deepEqual(plan('columns="status","id"').columnIndexes, [8, 0]);
});

test("the defaults that descriptions name are those of a plan without parameters", () => {
  const named = exportParameters.flatMap(({ name, description }) => {
    const [, value] = /\(default: ([\w,]+?)(?: of |\)|,? else)/.exec(description) ?? [];
    return value === undefined || value === "all" ? [] : [[name, value.replaceAll(",", "")] as const];
  });
  assert.deepEqual(
    named.map(([name]) => name),
    ["rows", "seed", "dialect", "encoder"],
  );
  const [bare, full] = [plan(""), plan(String(new URLSearchParams(named.map(([...pair]) => pair))))];
  assert.equal(full.key, bare.key);
  assert.deepEqual([full.rows, full.encoder], [bare.expectedRows, bare.encoder]);
});

test("gives equal keys exactly to plans of equal bytes", () => {
  const same = [
    "",
    "rows=1000000",
    "seed=1",
    "dialect=rfc4180",
    "delivery=file",
    "filename=x",
    "encoder=fast",
  ];
  const others = ["rows=5", "seed=2", "dialect=unix", "columns=id", "columns=status,id", "columns=id,status"];
  assert.equal(new Set(same.map((query) => plan(query).key)).size, 1);
  const keys = [...same, ...others, "header=false"].map((query) => plan(query).key);
  assert.equal(new Set([...keys, plan("", "numbers").key]).size, others.length + 3);
});

const refused: readonly (readonly [query: string, parameter: string, said: RegExp])[] = [
  ["rows=5&rows=6", "rows", /twice.*"6"/],
  ["colums=id", "colums", /Unknown parameter "colums"/],
  ["columns=", "columns", /""/],
  ["columns=id%0Astatus", "columns", /one CSV row/],
  ["delimiter=%22", "delimiter", /delimiter and quote/],
  ["dialect=excel-eu&delimiter=comma", "delimiter", /decimalSeparator/],
  ["dialect=excel-eu&delimiter=comma&decimalSeparator=point&nullValue=a%22", "nullValue", /"a\\""/],
  ["delimiter=x&nullValue=a%0Ab", "delimiter", /delimiter/],
  ["header=maybe", "header", /"maybe"/],
  ["filename=%00", "filename", /file name/],
  ["encoder=slow", "encoder", /"slow".*fast, csv-stringify/],
];
for (const [query, parameter, said] of refused) {
  test(`refuses ${query}, naming ${parameter}`, () => {
    assert.throws(() => plan(query), { code: "SCSV_BAD_PARAMETER", parameter, message: said });
  });
}

test("puts single options on top of the default dialect, and a named dialect in its place", () => {
  const byDefault = { dialect: "excel-eu", dialectOptions: { nullValue: "NULL" } } as const;
  const read = (query: string): unknown => {
    const { dialect, dialectOptions } = readExportParameters([...new URLSearchParams(query)], byDefault);
    return { dialect, dialectOptions };
  };
  assert.deepEqual(read(""), byDefault);
  assert.deepEqual(read("bom=false"), {
    dialect: "excel-eu",
    dialectOptions: { nullValue: "NULL", bom: false },
  });
  assert.deepEqual(read("bom=true&dialect=unix"), { dialect: "unix", dialectOptions: { bom: true } });
});
