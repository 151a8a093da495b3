import assert from "node:assert/strict";
import { test } from "node:test";
import { openJson, rowsOf } from "./json-file.ts";

/** Texts that are not JSON, or not a table; with the record, the byte and the reason in the message. */
const refused: readonly (readonly [content: string, record: number, byte: number, reason: RegExp])[] = [
  // Files that end too soon.
  ['[{"a":1},{"a":2},', 3, 17, /^the file ends before \] closes the array/],
  ['[{"a":1},{"a":2}', 3, 16, /^the file ends before \]/],
  ["[", 1, 1, /^the file ends before \]/],
  ['[{"a":1}, ', 2, 10, /^the file ends before \]/],
  ['{"a":1}\n{"a":', 2, 13, /^the file ends in the middle of it/],
  ['{"a', 1, 3, /^the file ends in the middle/],
  ['{"a"', 1, 4, /^the file ends in the middle/],
  ["{", 1, 1, /^the file ends in the middle/],
  ['{"a":1', 1, 6, /^the file ends in the middle/],
  ['{"a":1,', 1, 7, /^the file ends in the middle/],
  ['{"a":tru', 1, 5, /^expected a value, found "tru"/],
  ['{"a":"x\\', 1, 8, /^the file ends in the middle/],
  ['{"a":"x\\u00', 1, 11, /^the file ends in the middle/],
  ['{"a":[1,{"b":2}', 1, 15, /^the file ends in the middle/],
  ["-", 1, 1, /^the file ends in the middle/],
  ["1.", 1, 2, /^the file ends in the middle/],
  ["1e+", 1, 3, /^the file ends in the middle/],
  // Keys that an object has twice.
  ['{"a":1,"a":2}', 1, 7, /^it has the key "a" twice/],
  ['{"b":1}\n{"a":1,"b":2,"a":2}', 2, 21, /^it has the key "a" twice/],
  ['{"a":1,"\\u0061":2}', 1, 7, /^it has the key "\\u0061" twice/],
  ['{"a":{"x":1,"y":2,"x":3}}', 1, 18, /^an object within it has the key "x" twice/],
  ['{"a":[[{"x":1,"\\u0078":3}]]}', 1, 14, /^an object within it has the key "\\u0078" twice/],
  ['[[{"":1,"":2}]]', 1, 8, /^an object within it has the key "" twice/],
  [
    `{"a":{${Array.from({ length: 20 }, (_, index) => `"k${index}":0`).join(",")},"k7":1}}`,
    1,
    156,
    /^an object within it has the key "k7" twice/,
  ],
  // Numbers.
  ['{"a":01}', 1, 6, /^a number begins with 0 and continues with "1}"/],
  ['{"a":-01}', 1, 7, /^a number begins with 0/],
  ['{"a":+1}', 1, 5, /^expected a value, found "\+1}": a number begins with a digit or a minus/],
  ['{"a":.5}', 1, 5, /^expected a value, found ".5}": a number begins/],
  ['{"a":5.}', 1, 7, /^"5.}" is not a number: digits are missing at "}"/],
  ['{"a":-}', 1, 6, /^"-}" is not a number/],
  ['{"a":1e}', 1, 7, /^"1e}" is not a number/],
  ['{"a":1.e1}', 1, 7, /^"1.e1}" is not a number/],
  ['{"a":0x1F}', 1, 6, /^expected a comma or }, found "x1F}"/],
  ['{"a":NaN}', 1, 5, /^expected a value, found "NaN}": JSON has no such number, write null/],
  ['{"a":Infinity}', 1, 5, /JSON has no such number/],
  ['{"a":-Infinity}', 1, 6, /^"-Infinity}" is not a number/],
  ['{"a":1_000}', 1, 6, /^expected a comma or }/],
  ['{"a":１}', 1, 5, /^expected a value, found "１}"/],
  // Strings.
  ['{"a":"x\\y"}', 1, 8, /^a string holds "\\\\y\\"}", which is not an escape: write a backslash as \\\\/],
  ['{"a":"\\u12G4"}', 1, 10, /^a string holds "\\\\u12G4\\"}", which is not an escape/],
  ['{"a":"\\x41"}', 1, 7, /which is not an escape/],
  ['{"a":"\\U0041"}', 1, 7, /which is not an escape/],
  ['{"a\\q":1}', 1, 4, /which is not an escape/],
  ['{"a":"x\ny"}', 1, 7, /^a string holds the control character U\+000A: write it as \\u000A/],
  ['{"a":"\t"}', 1, 6, /U\+0009/],
  ['{"a":"\0"}', 1, 6, /U\+0000/],
  ['{"a":["\u001F"]}', 1, 7, /U\+001F/],
  ["{'a':1}", 1, 1, /^expected a key or }, found "'a':1}": strings and keys need double quotes/],
  ["{a:1}", 1, 1, /^expected a key or }, found "a:1}"/],
  // Commas, colons and brackets.
  ['{"a":1,}', 1, 7, /^a comma stands before }/],
  ['{"a":[1,]}', 1, 8, /^a comma stands before \]/],
  ['[{"a":1},]', 2, 9, /^a comma stands before \]/],
  ['{,"a":1}', 1, 1, /^expected a key or }/],
  ["[,1]", 1, 1, /^expected a value, found ",1\]"/],
  ["[1,,2]", 2, 3, /^expected a value/],
  ['{"a":1,,"b":2}', 1, 7, /^expected a key/],
  ['{"a":[1 2]}', 1, 8, /^expected a comma or \], found "2\]}"/],
  ['[{"a":1} {"a":2}]', 2, 9, /^expected a comma or \] before it/],
  ['{"a" 1}', 1, 5, /^expected a colon after the key, found "1}"/],
  ['{"a"::1}', 1, 5, /^expected a value/],
  ['{"a"}', 1, 4, /^expected a colon after the key/],
  ['{"a":1]', 1, 6, /^expected a comma or }, found "\]"/],
  ['{"a":[1}}', 1, 7, /^expected a comma or \]/],
  ["{1:1}", 1, 1, /^expected a key or }/],
  ['{"a":}', 1, 5, /^expected a value/],
  ["]", 1, 0, /^expected a value/],
  ["}", 1, 0, /^expected a value/],
  // Words.
  ['{"a":True}', 1, 5, /: write null, true and false/],
  ['{"a":truex}', 1, 9, /^expected a comma or }/],
  ['{"a":nul}', 1, 5, /^expected a value/],
  ['{"a":undefined}', 1, 5, /^expected a value/],
  ["tru", 1, 0, /^expected a value/],
  ["this is none", 1, 0, /^expected a value, found "this is none"/],
  // What stands around the records.
  ['[{"a":1}] x', 2, 10, /^it follows the end of the array/],
  ['[{"a":1}]]', 2, 9, /^it follows the end of the array/],
  ["[1,2]\n[3,4]", 3, 6, /^it follows the end of the array/],
  ['{"a":1},{"a":2}', 2, 7, /^a comma stands before it, but no array holds the records/],
  ['{"a":1}]', 2, 7, /^expected a value/],
  ['{"a":1}#', 2, 7, /^expected a value/],
  ['{"a":1}\0', 2, 7, /^expected a value, found "\\u0000"/],
  ['1"a"', 2, 1, /^expected white space before it/],
  ["truefalse", 2, 4, /^expected white space before it/],
  ["1@", 2, 1, /^expected white space before it/],
  [
    '{"a":1}\n\uFEFF{"a":2}',
    2,
    8,
    /^expected a value, found "\\uFEFF.*: a byte order mark may only stand at the beginning of the file/,
  ],
  ["[\uFEFF1]", 1, 1, /a byte order mark may only stand/],
  ['{"a":1}\u00A0{"a":2}', 2, 7, /^expected a value/],
  ['{"a":1}\f{"a":2}', 2, 7, /^expected a value, found "\\f/],
  ['\u001E{"a":1}', 1, 0, /^expected a value, found "\\u001e/],
  ['// note\n{"a":1}', 1, 0, /: JSON has no comments/],
  ['{"a":/* b */1}', 1, 5, /: JSON has no comments/],
  // Records of two kinds.
  ['{"a":1}\n2', 2, 8, /^it is not an object, but the records before it are: all must be objects, or none/],
  ['[1,{"a":1}]', 2, 3, /^it is an object, but the records before it are not/],
  ['[{"a":1},null]', 2, 9, /^it is not an object/],
  ['{"a":1}\n[1]', 2, 8, /^it is not an object/],
];

test("refuses what isn't JSON with the record's number, the byte and the reason, wherever the blocks end", async () => {
  for (const [content, record, byte, reason] of refused)
    for (const blockBytes of [undefined, 1, 3, 8])
      await assert.rejects(
        openJson(content, blockBytes),
        (error: Error & { code?: string; row?: number }) => {
          const message = /^Record (\d+) of ".*\.json" can't be read, at byte (\d+): (.*)\.$/s.exec(
            error.message,
          );
          assert.ok(message !== null, `${error.stack}`);
          assert.deepEqual(
            { code: error.code, row: error.row, record: Number(message[1]), byte: Number(message[2]) },
            { code: "SCSV_SOURCE_UNREADABLE", row: record, record, byte },
            `${content}: ${error.message}`,
          );
          // What is quoted of the file ends with the block.
          if (blockBytes === undefined) assert.match(message[3] ?? "", reason, content);
          return true;
        },
      );
});

test("refuses files without a column, and says so", async () => {
  for (const content of ["", "\uFEFF", " \r\n\t", "[]", " [ ] \n"])
    await assert.rejects(openJson(content), {
      code: "SCSV_SOURCE_UNREADABLE",
      message: /^The JSON file ".*" has no columns\. It holds no record\.$/,
    });
  for (const content of ["{}", "[{},{}]", "{}\n{}"])
    await assert.rejects(openJson(content), { message: /has no columns\. No record of it has a key\.$/ });
});

test("refuses a byte that is not UTF-8, also within a string", async () => {
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe4, 0xb8]])
    await assert.rejects(
      openJson(Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')])),
      {
        code: "SCSV_SOURCE_UNREADABLE",
        message: /is not UTF-8: byte 6 /,
      },
    );
});

test("cuts what it quotes of the file", async () => {
  await assert.rejects(openJson(`{"a":1}\n{"${"k".repeat(500)}":1,"${"k".repeat(500)}":2}`), {
    message: new RegExp(`it has the key "k{59}… twice\\.$`),
  });
});

const accepted: readonly string[] = [
  "[[]]",
  '[""]',
  '["a"]',
  "[false]",
  '[null, 1, "1"]',
  "[null]",
  "[1\n]",
  " [1]",
  "[1,null,null,null,2]",
  "[2] ",
  "[123e65]",
  "[0e+1]",
  "[0e1]",
  "[ 4]",
  "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
  "[20e1]",
  "[-0]",
  "[-123]",
  "[-1]",
  "[1E22]",
  "[1E-2]",
  "[1E+2]",
  "[123e45]",
  "[123.456e78]",
  "[1e-2]",
  "[1e+2]",
  '{"asd":"sdf", "dfg":"fgh"}',
  '{"asd":"sdf"}',
  '{"":0}',
  '{"foo\\u0000bar": 42}',
  '{ "min": -1.0e+28, "max": 1.0e+28 }',
  '{"a":[]}',
  '{"title":"\\u041f\\u043e"}',
  '{\n"a": "b"\n}',
  '["\\u0060\\u012a\\u12AB"]',
  '["\\uD801\\udc37"]',
  '["\\"\\\\\\/\\b\\f\\n\\r\\t"]',
  '["\\\\u0000"]',
  '["a/*b*/c/*d//e"]',
  '["\u007F"]',
  '["\u2028\u2029"]',
  '["\u{1FFFF}"]',
  '["asd "]',
  '" "',
  '["new\\u000Aline"]',
  '["π"]',
  '"\\uD834\\uDd1e"',
  "false",
  "42",
  "-0.1",
  "null",
  '"asd"',
  "true",
  '["a"]\n',
  "[true]",
  " [] ".replace("[]", "[[]]"),
];

test("reads what any parser must accept, and takes the values that JSON.parse gives", async () => {
  for (const content of accepted) {
    const parsed: unknown = JSON.parse(content);
    const source = await openJson(content);
    const rows = await rowsOf(source);
    const records = Array.isArray(parsed) ? parsed : [parsed];
    const expected = records.map((record) =>
      typeof record === "object" && record !== null && !Array.isArray(record)
        ? Object.values(record)
        : [record],
    );
    const values = rows.map((row) =>
      row.map((cell): unknown => {
        if (typeof cell !== "object" || cell === null) return cell;
        return JSON.parse("number" in cell ? cell.number : cell.json) as unknown;
      }),
    );
    assert.deepEqual(values, expected, content);
  }
});
