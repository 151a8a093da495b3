import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseSync, visitorKeys, type Node } from "oxc-parser";
import { findPages } from "./harness/page-programs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What is hard to read for somebody whose language isn't English, and what to write instead. */
const rules: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bwhoever\b/i, "name the actor"],
  [/\btold\b/i, "reported, said or distinguished"],
  [/\bheed(?:s|ed)?\b/i, "respects"],
  [/\bputs? up with\b/i, "allows"],
  [/\bdear(?:er|est)?\b/i, "expensive, or slower"],
  [/\bin company\b/i, "together with"],
  [/\bsecond look\b/i, "verify"],
  [/\b(?:is|are|counts as|becomes) void\b|\bvoid (?:from|alone)\b/i, "invalid"],
  [/\bto mind\b/i, "notes"],
  [/\bcatalogue\b/i, "catalog"],
  [/(?<!\bthere )\b(?:is|are) no (?!(?:longer|more|less|other|such)\b)[a-z]/i, "isn't a, or aren't"],
];

/** The words of a text that a rule is about, each with what to write. */
function faultsIn(text: string): readonly string[] {
  return rules.flatMap(([pattern, instead]) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined ? [] : [`"${found}" (${instead}) in: ${text.replaceAll(/\s+/g, " ").trim()}`];
  });
}

function programsIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

/** The comments of a program, lines that follow one another joined, and the texts that it has written out. */
function wordsOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  const { comments, program } = parseSync(path, text);
  const joined: { value: string; end: number }[] = [];
  for (const { type, value, start, end } of comments) {
    const last = joined.at(-1);
    if (type === "Line" && last !== undefined && text.slice(last.end, start).trim() === "")
      Object.assign(last, { value: `${last.value} ${value}`, end });
    else joined.push({ value: value.replaceAll(/\n\s*\* ?/g, " "), end });
  }
  return [...joined.map(({ value }) => value), ...textsIn(program)];
}

function textsIn(node: Node): readonly string[] {
  if (node.type === "Literal") return typeof node.value === "string" ? [node.value] : [];
  if (node.type === "TemplateElement") return [node.value.raw];
  return childrenOf(node).flatMap(textsIn);
}

function namesIn(node: Node): readonly string[] {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") return [node.name];
  return childrenOf(node).flatMap(namesIn);
}

function childrenOf(node: Node): readonly Node[] {
  return (visitorKeys[node.type] ?? []).flatMap((key): unknown => Reflect.get(node, key)).filter(isNode);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

test("names are spelled as in America", () => {
  const british = /colour|neighbour|behaviour|catalogue|serialis|initialis|normalis|grey|honour|favour/i;
  for (const path of ["src", "bench", "bin", "dev"].flatMap(programsIn)) {
    assert.doesNotMatch(path, british);
    const { program } = parseSync(path, readFileSync(join(root, path), "utf8"));
    assert.deepEqual(
      // The package cli-progress has this one.
      namesIn(program).filter((name) => british.test(name) && name !== "shades_grey"),
      [],
      path,
    );
  }
});

for (const building of ["src", "bench", "bin"]) {
  test(`comments and messages of ${building} are in plain English`, () => {
    // Generated prose is data.
    const programs = programsIn(building).filter((path) => !path.includes("synthetic"));
    assert.ok(programs.length > 50);
    const faults = programs.flatMap((path) =>
      wordsOf(path)
        .flatMap(faultsIn)
        .map((fault) => `${path}: ${fault}`),
    );
    assert.deepEqual(faults, []);
  });
}

test("the pages are in plain English", async () => {
  for (const page of await findPages()) {
    const text = readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```/gm, "");
    assert.deepEqual(
      faultsIn(text.replaceAll(/\n(?=\S)/g, " ")).map((fault) => fault.slice(0, 60)),
      [],
      page,
    );
  }
});

test("titles of tests are in plain English", () => {
  const files = programsIn("test").filter((path) => path.endsWith(".test.ts"));
  assert.ok(files.length > 100);
  for (const path of files) {
    const titles = readFileSync(join(root, path), "utf8").matchAll(/^\s*test\(\s*["'`](.*?)["'`],/gm);
    assert.deepEqual(
      [...titles].flatMap(([, title = ""]) => faultsIn(title)),
      [],
      path,
    );
  }
});

for (const [text, isFault] of [
  ["Whoever opens it closes it.", true],
  ['"x" is no size.', true],
  ["There is no export of that name.", false],
  ["A connection that is no longer used.", false],
] as const)
  test(`"${text}" is ${isFault ? "refused" : "taken"}`, () => {
    assert.equal(faultsIn(text).length > 0, isFault);
  });
