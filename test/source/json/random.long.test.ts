import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { openJson, rowsOf, type Cell } from "./json-file.ts";

/** Files to compare; RANDOM_JSON_FILES=200000 takes about three minutes. */
const filesWanted = Number(process.env["RANDOM_JSON_FILES"] ?? 500);

const blank = fc.stringMatching(/^[ \t\n\r]{0,3}$/);
const lineBlank = fc.stringMatching(/^[ \t]{0,2}$/);

const numberText = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.stringMatching(/^-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?$/),
);

/** A string as it stands in a file, between its quotes. */
const stringText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...Array.from("abc é中🍜 {}[]:,'=0\u007F\u2028\uFEFF")) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          ...Array.from('"\\/bfnrt').map((letter) => `\\${letter}`),
          ..."\\u0000 \\u000A \\u0022 \\u005c \\u00e9 \\uFEFF \\ud83c\\udf5c \\uD800 \\uDC00".split(" "),
        ),
      },
    ),
    { maxLength: 12 },
  )
  .map((parts) => `"${parts.join("")}"`);

const keyText = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...["", "a", "A", "b", "ab", "c", "id", "DATE", "__proto__", "é", "column0", "a_1"].map(
        (key) => `"${key}"`,
      ),
      '"\\u0061"',
      '"\\n"',
    ),
  },
  { weight: 1, arbitrary: stringText },
);

type Field = [before: string, key: string, behind: string, gap: string, value: string, after: string];

/** Fields of an object, now and then with a key that is there twice. */
function fieldsOf(field: fc.Arbitrary<Field>): fc.Arbitrary<Field[]> {
  return fc.oneof(
    {
      weight: 30,
      arbitrary: fc.uniqueArray(field, {
        maxLength: 6,
        selector: ([, key]) => (JSON.parse(key) as string).toWellFormed(),
      }),
    },
    { weight: 1, arbitrary: fc.array(field, { maxLength: 6 }) },
  );
}

/** Values, with white space that `gap` gives. */
function valueText(gap: fc.Arbitrary<string>): {
  readonly value: fc.Arbitrary<string>;
  readonly object: fc.Arbitrary<string>;
} {
  const { value, object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      fc.constantFrom("null", "true", "false"),
      numberText,
      stringText,
      tie("array"),
      tie("object"),
    ),
    array: fc
      .tuple(gap, fc.array(fc.tuple(gap, tie("value"), gap), { maxLength: 4 }))
      .map(
        ([inner, items]) => `[${items.length === 0 ? inner : items.map((item) => item.join("")).join(",")}]`,
      ),
    object: fc
      .tuple(gap, fieldsOf(fc.tuple(gap, keyText, gap, gap, tie("value"), gap)))
      .map(([inner, fields]) => {
        const texts = fields.map(([a, key, b, c, field, d]) => `${a}${key}${b}:${c}${field}${d}`);
        return `{${texts.length === 0 ? inner : texts.join(",")}}`;
      }),
  }));
  return { value, object };
}

const anywhere = valueText(blank);
const onLines = valueText(lineBlank);

const arrayFile = fc
  .tuple(
    fc.array(
      fc.tuple(
        blank,
        fc.oneof({ weight: 60, arbitrary: anywhere.object }, { weight: 1, arbitrary: anywhere.value }),
        blank,
      ),
      { maxLength: 8 },
    ),
    blank,
    blank,
  )
  .map(
    ([records, before, after]) => `${before}[${records.map((record) => record.join("")).join(",")}]${after}`,
  );
const valuesFile = fc.array(anywhere.value, { maxLength: 8 }).map((records) => `[${records.join(",")}]`);
const linesFile = fc
  .tuple(
    fc.array(fc.tuple(lineBlank, onLines.object, lineBlank), { minLength: 1, maxLength: 8 }),
    fc.constantFrom("\n", "\r\n", "\n\n"),
  )
  .map(([records, ending]) => records.map((record) => record.join("")).join(ending));

/** A file that may be broken: some of its letters are left out, doubled, put in or cut off. */
const damagedFile = fc
  .tuple(
    fc.oneof(arrayFile, valuesFile),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...Array.from('{}[]:,"\\0-.eE+tn \n\0x'))), {
      minLength: 1,
      maxLength: 2,
    }),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, [place, what, letter]) => {
      const at = place % (changed.length + 1);
      if (what === 0) return changed.slice(0, at);
      return changed.slice(0, at) + (what === 1 ? "" : letter) + changed.slice(what === 3 ? at : at + 1);
    }, text),
  );

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const token = /[ \t\n\r]+|"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/gs;

/** A value by its text, as JSON.parse has it, but for numbers, which are their text. */
function cellOf(text: string): Cell {
  const value: unknown = JSON.parse(text);
  if (typeof value === "number") return { number: text };
  if (typeof value === "string") return value.toWellFormed();
  return typeof value === "object" && value !== null ? { json: text } : (value as Cell);
}

/**
 * The table of one JSON text, by JSON.parse, which says what is JSON, and the tokens of a regular expression. Undefined where
 * a key is there twice.
 */
function recordOf(text: string): Map<string, Cell> | Cell | undefined {
  JSON.parse(text);
  const tokens = (text.match(token) ?? []).filter((one) => !/^[ \t\n\r]/.test(one));
  const open: Set<string>[] = [];
  const fields = new Map<string, Cell>();
  let key = "";
  let start = 0;
  for (const [index, one] of tokens.entries()) {
    if (one === "{" || one === "[") open.push(new Set());
    if (tokens[index + 1] === ":") {
      const name = (JSON.parse(one) as string).toWellFormed();
      if (open.at(-1)?.has(name) === true) return undefined;
      open.at(-1)?.add(name);
      if (open.length === 1) key = name;
    }
    if (one === ":" && open.length === 1) start = index + 1;
    const isEnd = open.length === 1 && (one === "," || one === "}");
    if (isEnd && tokens[0] === "{" && tokens.length > 2)
      fields.set(key, cellOf(tokens.slice(start, index).join("")));
    if (one === "}" || one === "]") open.pop();
  }
  return tokens[0] === "{" ? fields : cellOf(tokens.join(""));
}

/** The texts of an array's elements. */
function elementsOf(text: string): readonly string[] {
  const elements: string[] = [];
  let depth = 0;
  let element = "";
  for (const one of text.match(token) ?? []) {
    if (one === "}" || one === "]") depth -= 1;
    const isBorder = (depth === 1 && one === ",") || (depth === 0 && one === "]");
    if (isBorder && element.trim() !== "") elements.push(element);
    if (isBorder) element = "";
    else if (depth > 0) element += one;
    if (one === "{" || one === "[") depth += 1;
  }
  return elements;
}

/** The texts of values that follow one another: a value that is not an object is followed by white space. */
function valuesOf(text: string): readonly string[] {
  const tokens = text.match(token) ?? [];
  if (tokens.join("") !== text) throw new SyntaxError("a character that no token has");
  const values: string[] = [];
  let depth = 0;
  let value = "";
  for (const one of tokens) {
    const isBlank = /^[ \t\n\r]/.test(one);
    if (depth === 0 && isBlank) values.push("");
    if (depth === 0 && isBlank) continue;
    if (one === "{" || one === "[") depth += 1;
    if (one === "}" || one === "]") depth -= 1;
    value += one;
    if (depth !== 0) continue;
    const before = values.at(-1) ?? "";
    if (before !== "" && !before.startsWith("{")) throw new SyntaxError("no white space");
    values.push(value);
    value = "";
  }
  if (value !== "") throw new SyntaxError("an open value");
  return values.filter((one) => one !== "");
}

/** What a file should give; undefined where it should be refused. */
function expectedTable(texts: readonly string[]): Table | undefined {
  const records = texts.map(recordOf);
  if (records.length === 0 || records.includes(undefined)) return undefined;
  const objects = records.filter((record) => record instanceof Map);
  if (objects.length === 0) return { columns: ["json"], rows: records.map((record) => [record as Cell]) };
  const keys = [...new Set(objects.flatMap((record) => [...record.keys()]))];
  if (objects.length < records.length || keys.length === 0) return undefined;
  return { columns: keys, rows: objects.map((record) => keys.map((key) => record.get(key) ?? null)) };
}

function tableOf(text: string): Table | undefined {
  try {
    if (text.trimStart().startsWith("[")) {
      if (!Array.isArray(JSON.parse(text))) return undefined;
      return expectedTable(elementsOf(text));
    }
    return expectedTable(valuesOf(text));
  } catch {
    return undefined;
  }
}

const block = fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 40 }));

async function compare(text: string, blockBytes: number | undefined): Promise<boolean> {
  const expected = tableOf(text);
  const opened = await openJson(text, blockBytes).catch((error: unknown) => error);
  if (opened instanceof Error) {
    assert.equal((opened as Error & { code?: string }).code, "SCSV_SOURCE_UNREADABLE", opened.stack);
    assert.equal(expected, undefined, `${text} is refused: ${opened.message}`);
    return false;
  }
  const source = opened as Awaited<ReturnType<typeof openJson>>;
  assert.ok(expected !== undefined, `${text} is read, and should be refused`);
  assert.deepEqual(await rowsOf(source), expected.rows, text);
  assert.equal(source.rowCount, expected.rows.length);
  assert.equal(source.columns.length, expected.columns.length);
  for (const [place, { name }] of source.columns.entries()) {
    const key = expected.columns[place] ?? "";
    assert.ok(key === "" ? name.startsWith(`column${place}`) : name === key, `${name} for ${key}`);
  }
  return true;
}

test("random files give the values of JSON.parse, numbers as their text, wherever the blocks end", async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(arrayFile, valuesFile, linesFile, damagedFile),
      block,
      async (text, blockBytes) => {
        // As it comes out of a file.
        if (await compare(text.toWellFormed(), blockBytes)) read += 1;
      },
    ),
    { numRuns: filesWanted },
  );
  assert.ok(read > filesWanted / 5, `only ${read} of ${filesWanted} were read`);
});
