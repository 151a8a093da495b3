import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { tokenizer } from "acorn";
import { faultCatalog, StreamCsvError, toError } from "../src/errors.ts";
import { fileEndings } from "../src/source/file-endings.ts";

const page = fileURLToPath(new URL("../../docs/reference/errors.md", import.meta.url));
const begin =
  "<!-- the table below is generated from src/errors.ts; UPDATE_GOLDEN=1 npm test writes it -->\n";

function table(): string {
  const rows = Object.entries(faultCatalog).map(([code, entry]) => {
    const status = String(entry.status ?? 500);
    return `| \`${code}\` | ${status} | ${entry.meaning} | ${entry.remedy} |\n`;
  });
  return `| code | HTTP | what it means | what to do |\n| --- | --- | --- | --- |\n${rows.join("")}`;
}

test("docs/reference/errors.md has the whole current catalog", () => {
  const text = readFileSync(page, "utf8");
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  assert.ok(head.endsWith(begin), "the page has lost the mark where the table begins");
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(page, head + table());
  assert.equal(readFileSync(page, "utf8"), head + table());
});

test("every entry of the catalog is whole sentences", () => {
  for (const [code, { meaning, remedy }] of Object.entries(faultCatalog)) {
    assert.match(code, /^SCSV_[A-Z_]+$/);
    assert.match(meaning, /^[A-Z].*\.$/s, code);
    assert.match(remedy, /^[A-Z].*\S$/s, code);
  }
});

test("what to do about a file of another type names each type that is read", () => {
  const { remedy } = faultCatalog.SCSV_SOURCE_UNSUPPORTED;
  for (const ending of fileEndings) assert.ok(remedy.includes(ending), ending);
});

/** The texts that a compiled program has written out, its comments left out. */
function textsIn(path: string): readonly string[] {
  const tokens = tokenizer(readFileSync(path, "utf8"), {
    ecmaVersion: "latest",
    sourceType: "module",
    allowHashBang: true,
  });
  return [...tokens].flatMap((token) => {
    const value: unknown = Reflect.get(token, "value");
    return token.type.label === "string" && typeof value === "string" ? [value] : [];
  });
}

test("the program makes every error of the catalog", () => {
  const built = fileURLToPath(new URL("../", import.meta.url));
  const files = ["src", "bench", "bin"].flatMap((building) =>
    readdirSync(join(built, building), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".js"))
      .map((name) => join(built, building, name)),
  );
  const made = new Set(files.flatMap(textsIn));
  const unused = Object.keys(faultCatalog).filter((code) => !made.has(code));
  assert.deepEqual(unused, []);
});

test("an error carries its code, its status, where it happened and what to do", () => {
  const cause = new Error("below");
  const error = new StreamCsvError("SCSV_INVALID_DATE", "Row 3 is bad.", { cause, row: 3, column: "when" });
  assert.equal(error.name, "StreamCsvError");
  assert.equal(error.status, 500);
  assert.equal(error.cause, cause);
  assert.deepEqual([error.row, error.column, error.parameter], [3, "when", undefined]);
  assert.equal(error.hint, faultCatalog.SCSV_INVALID_DATE.remedy);
  assert.equal(new StreamCsvError("SCSV_BUSY", "Busy.", { hint: "Wait." }).hint, "Wait.");
  assert.equal(new StreamCsvError("SCSV_BUSY", "Busy.").status, 503);
});

test("any thrown value becomes an Error that describes it", () => {
  const error = new Error("kept");
  assert.equal(toError(error), error);
  assert.match(toError("a string").message, /a string/);
  assert.match(toError(undefined).message, /undefined/);
  assert.match(toError(Object.create(null)).message, /an object without text/);
});
