import assert from "node:assert/strict";
import { test } from "node:test";
import { explain } from "../../bin/explain.ts";
import { usageSentence } from "../../bin/usage-sentence.ts";
import { StreamCsvError } from "../../src/ground.ts";

const escape = "\u001B[2J";
const fault = new StreamCsvError(
  "SCSV_SOURCE_UNREADABLE",
  `"a.csv" has ${escape}\r and \u009B31m,\n\tand more.`,
  {
    hint: `Rename ${escape}.`,
  },
);

test("an error that quotes control characters shows them, and keeps its lines", () => {
  const shown = '"a.csv" has \\u001b[2J\\u000d and \\u009b31m,\n\tand more.\nRename \\u001b[2J.';
  assert.equal(explain(fault, "info"), shown);
  assert.equal(explain(escape, "info"), "\\u001b[2J");
  const stack = explain(new Error(escape), "debug");
  assert.ok(stack.startsWith("Error: \\u001b[2J\n    at "), stack);
});

test("a usage error shows the control characters of an argument", () => {
  const text = `error: unknown command '${escape}'\n(Did you mean serve?)\n`;
  assert.equal(usageSentence(text), 'error: unknown command "\\u001b[2J". Did you mean "serve"?\n');
});
