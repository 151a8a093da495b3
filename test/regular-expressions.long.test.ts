import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Node, parse } from "acorn";
import { checkSync } from "recheck";

// The other backends need a native program or Java; this one is JavaScript.
process.env["RECHECK_BACKEND"] = "pure";

/** An answer however busy the machine is, and the same each time. */
const search = { timeout: null, randomSeed: 0 };

const compiled = fileURLToPath(new URL("../src", import.meta.url));

/** The rooms that handle a client's text. The others read the server's own files and values. */
const rooms = ["body", "compression", "export", "response", "server", "spool"];

interface Pattern {
  readonly source: string;
  readonly flags: string;
  readonly file: string;
}

/** The regular expression literals in a file. */
function patternsIn(file: string): readonly Pattern[] {
  const found: Pattern[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isNode(value)) return;
    if ("regex" in value) {
      const { pattern, flags } = value.regex as { readonly pattern: string; readonly flags: string };
      found.push({ source: pattern, flags, file });
    }
    Object.values(value).forEach(visit);
  };
  const text = readFileSync(file, "utf8");
  const sourceType = file.includes("node_modules") ? "script" : "module";
  visit(parse(text, { ecmaVersion: "latest", sourceType, allowHashBang: true }));
  return found;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

function filesIn(folder: string, ending: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/** Packages that read a client's text: Accept-Encoding and the path. */
function filesOfPackages(): readonly string[] {
  const require = createRequire(import.meta.url);
  const negotiator = dirname(require.resolve("negotiator"));
  return [
    ...filesIn(join(negotiator, "lib"), ".js"),
    createRequire(join(negotiator, "index.js")).resolve("content-type"),
  ];
}

const files = [
  join(compiled, "units.js"),
  join(compiled, "similar-name.js"),
  // Of the rest of csv, these read the parameters of a query.
  ...["read-csv-row.js", "dialect-text.js", "resolve-dialect.js"].map((name) => join(compiled, "csv", name)),
  ...rooms.flatMap((room) => filesIn(join(compiled, room), ".js")),
];
const patterns = [...files, ...filesOfPackages()].flatMap(patternsIn);

test("finds the regular expressions of the rooms and packages that read a client's text", () => {
  assert.ok(patterns.length > 40, `${patterns.length}`);
});

test("has no regular expression whose backtracking isn't linear", () => {
  const superlinear = patterns.filter(
    ({ source, flags }) => checkSync(source, flags, search).status !== "safe",
  );
  assert.deepEqual(superlinear, []);
});

test("constructs no regular expression at run time, which this test couldn't check", () => {
  const made = files.filter((file) => readFileSync(file, "utf8").includes("RegExp("));
  // Built from a constant, to recognise a folder by its name.
  assert.deepEqual(made, [join(compiled, "spool", "folder", "spool-folder.js")]);
});

test("would find the pattern with three runs of blanks that costs their cube", () => {
  assert.equal(
    checkSync(String.raw`^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$`, "i", search).status,
    "vulnerable",
  );
});
