import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readDocComment } from "../../dev/reference/doc-comment.ts";
import type { Item } from "../../dev/reference/extract.ts";
import { configurationFile } from "../../dev/reference/configuration-file.ts";
import { referenceFiles } from "../../dev/reference/reference-files.ts";
import { root } from "./tarball.ts";

const references = await referenceFiles();
const written = [...references.flatMap(({ files }) => files), await configurationFile()];

for (const { path, text } of written) {
  test(`${path} is what the declarations and docstrings give; \`npm run reference\` writes it`, () => {
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(root + path, text);
    assert.equal(existsSync(root + path) ? readFileSync(root + path, "utf8") : "", text);
  });
}

/** What types are made of, with no need of a name of its own, in the order of the entries. */
const unnamed: Readonly<Record<string, readonly string[]>> = {
  // The base of Dialect, and the table of codes that FaultCode lists.
  "stream-csv": ["DialectShape", "FaultEntry", "faultCatalog"],
  // The table that ParameterType lists.
  "stream-csv/server": ["parameterTypes"],
  "stream-csv/bench": [],
};

test("every type that a signature names is exported, by its own entry or by the main one", () => {
  const main = new Set(references[0]?.surface.items.map(({ name }) => name));
  for (const { entry, surface } of references) {
    const missing = surface.unexported.filter((name) => entry.specifier === "stream-csv" || !main.has(name));
    assert.deepEqual(missing, unnamed[entry.specifier], entry.specifier);
  }
});

/** The contract's names; types that their signatures need are beside them. */
const values: Readonly<Record<string, readonly string[]>> = {
  "stream-csv": [
    "BadHeaderError",
    "CsvEncoder",
    "FileResponse",
    "HttpResponse",
    "HttpResponseBase",
    "NotWritableError",
    "StreamCsvError",
    "StreamingHttpResponse",
    "compress",
    "conditionalGet",
    "contentLength",
    "csvChunks",
    "csvResponse",
    "dialects",
    "fromWebResponse",
    "openSource",
    "rowsSource",
    "send",
    "toWebResponse",
  ],
  "stream-csv/server": ["defineConfig", "startServer"],
  "stream-csv/bench": ["insideNumbers", "runBench"],
};

test("each entry has the values of the contract, and no more", () => {
  for (const { entry, surface } of references)
    assert.deepEqual([...surface.values].toSorted(), values[entry.specifier], entry.specifier);
});

test("every export has a docstring, and every value an example with what it prints", () => {
  for (const { entry, surface } of references) {
    for (const item of surface.items) {
      const name = `${item.name ?? ""} of ${entry.specifier}`;
      const { text, examples } = readDocComment(item.docComment);
      assert.notEqual(text, "", `${name} has no docstring`);
      if (!surface.values.has(item.name ?? "")) continue;
      assert.match(examples.join("\n"), /^```js\n[^]*```\n\n```text\n[^]*```$/, `${name} has no example`);
    }
  }
});

test("every example of a docstring is a block, and no sentence is API Extractor's own", () => {
  for (const { entry, files, surface } of references) {
    for (const item of surface.items)
      for (const example of readDocComment(item.docComment).examples)
        assert.match(example, /^```/, `${item.name ?? ""} of ${entry.specifier}`);
    for (const { path, text } of files.filter((file) => file.path.startsWith("docs/")))
      assert.doesNotMatch(text, /Constructs a new instance| {2}\w+\.$/m, path);
  }
});

test("docstrings name no function that a user can't import", async () => {
  const own = await Promise.all(
    ["src", "bench"].map(async (building) => {
      const names = await readdir(join(root, building), { recursive: true });
      const texts = names
        .filter((name) => name.endsWith(".ts"))
        .map((name) => readFileSync(join(root, building, name), "utf8"));
      return texts.flatMap((text) =>
        [...text.matchAll(/^export (?:async )?function\*? (\w+)/gm)].map(([, name]) => name),
      );
    }),
  );
  const exported = new Set(references.flatMap(({ surface }) => [...surface.values]));
  // Only names of several words: a single one is also a word of the field.
  const hidden = new Set(own.flat().filter((name = "") => /[a-z][A-Z]/.test(name) && !exported.has(name)));
  for (const { files } of references)
    for (const { path, text } of files.filter((file) => file.path.startsWith("docs/"))) {
      const code = new Set(
        [...text.matchAll(/^```[^]*?^```/gm)].flatMap(([block]) => block.match(/\w+/g) ?? []),
      );
      const words = text.replaceAll(/^```[^]*?^```/gm, "").matchAll(/`(\w+)(?:\(\))?`/g);
      assert.deepEqual(
        [...words].flatMap(([, word = ""]) => (hidden.has(word) && !code.has(word) ? [word] : [])),
        [],
        path,
      );
    }
});

test("no signature has the type any", () => {
  for (const { entry, surface } of references) {
    const code = surface.report.replaceAll(/^\s*\/\/.*$/gm, "");
    assert.doesNotMatch(code, /(?<![\w/-])any(?![\w-])/, entry.specifier);
  }
});

test("every parameter of a function has a sentence, where it has a name of its own", () => {
  for (const { entry, surface } of references) {
    for (const item of surface.items.filter(({ kind }) => kind === "Function")) {
      const said = new Set(readDocComment(item.docComment).parameters.map(([name]) => name));
      for (const parameter of parametersOf(item))
        assert.ok(said.has(parameter), `${parameter} of ${item.name ?? ""} of ${entry.specifier}`);
    }
  }
});

function parametersOf({ excerptTokens }: Item): readonly string[] {
  const signature = excerptTokens.map(({ text }) => text).join("");
  return [...signature.matchAll(/[(,] ?(\w+)\??: /g)].flatMap(([, name]) => name ?? []);
}
