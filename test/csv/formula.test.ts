import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CsvEncoder, type Batch, type ColumnVector } from "../../src/index.ts";
import { resolveDialect } from "../../src/csv/resolve-dialect.ts";
import { isFormula, mayBeFormula } from "../../src/csv/formula.ts";
import { utf8Vector } from "./random-batch.ts";

const excel = resolveDialect("excel", { bom: false });

test("guards a formula after every character that is invisible according to Unicode", () => {
  // The engine's own tables are the oracle. Characters newer than this Node's Unicode are guarded as well.
  const invisible = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
  const missed: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    const one = String.fromCodePoint(codePoint);
    if (invisible.test(one) && !isFormula(`${one}=1+1`)) missed.push(codePoint.toString(16));
  }
  assert.deepEqual(missed, []);
});

test("does not change text that begins with a letter of any script, a digit or a mark", () => {
  for (const text of [
    "a=1",
    "É=1",
    "Ж=1",
    "漢=1",
    "の=1",
    "한=1",
    "א=1",
    "ا=1",
    "5=1",
    "'=1",
    '"=1',
    "(=1)",
    "𝕳=1",
    "🍜=1",
    "",
  ])
    assert.equal(isFormula(text), false, text);
});

test("treats bytes as it treats text, behind every character", () => {
  const utf8 = new TextEncoder();
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    const text = `${String.fromCodePoint(codePoint)}=1+1`;
    if (!isFormula(text)) continue;
    const bytes = utf8.encode(text);
    assert.ok(mayBeFormula(bytes, 0, bytes.length), `U+${codePoint.toString(16)}`);
  }
});

test("treats bytes as it treats text", () => {
  const text = fc.string({
    unit: fc.constantFrom(
      ...Array.from("a5=+-@%., \t\n\r\0\v\u00a0\u00ad\u200b\u3000\uFEFF＝－éの漢א𝕳"),
      "\u{E0001}",
    ),
    maxLength: 6,
  });
  fc.assert(
    fc.property(text, (one) => {
      const bytes = new TextEncoder().encode(one);
      if (isFormula(one)) assert.equal(mayBeFormula(bytes, 0, bytes.length), true, JSON.stringify(one));
    }),
    { numRuns: 20_000 },
  );
  const japanese = new TextEncoder().encode("のり");
  assert.equal(mayBeFormula(japanese, 0, japanese.length), false);
});

test("guards everything after a sign that could be computed", () => {
  const text = fc.string({
    unit: fc.constantFrom(...Array.from("0123456789., eE+-%*/^&()A:!'=\u00a0")),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.constantFrom("+", "-"), text, (sign, rest) => {
      if (isFormula(sign + rest)) return;
      // No operator, name, call or reference: a letter or a second sign occurs only in the exponent of a number.
      assert.match(rest.replace(/\d[eE][+-]?\d+%?$/, ""), /^[\d., \u00a0]*%?$/, JSON.stringify(sign + rest));
    }),
    { numRuns: 50_000 },
  );
});

test("takes time in proportion to the length of any text", () => {
  // A pattern that backtracks would take minutes for these.
  for (const unit of [" ", "\u200b", "1", "1 ", ".", "1e5", "-1 "])
    for (const begin of ["-", "+", " -", "="]) {
      const text = `${begin}${unit.repeat(200_000)}`;
      isFormula(`${text}x`);
      isFormula(text);
    }
});

/** Values of other types that a source has turned into text. */
function written(texts: readonly string[]): ColumnVector {
  return { ...utf8Vector(texts, 1), isText: false };
}

test("does not guard values of other types that the source has turned into text", () => {
  const intervals = ["-1 day", "=x", "", "a,b", "NULL"];
  const texts = (name: "excel" | "unix", options: object): readonly string[] =>
    (["fast", "csv-stringify"] as const).map((encoder) => {
      const batch: Batch = {
        rowCount: intervals.length,
        columns: [written(intervals), utf8Vector(intervals, 0)],
      };
      const writer = new CsvEncoder(
        [{ name: "i" }, { name: "t" }],
        resolveDialect(name, { bom: false, nullValue: "NULL", ...options }),
        encoder,
      );
      return Buffer.from(writer.encode(batch)).toString();
    });
  const guarded = '-1 day,\'-1 day\r\n=x,\'=x\r\n"",""\r\n"a,b","a,b"\r\n"NULL","NULL"\r\n';
  assert.deepEqual(texts("excel", {}), [guarded, guarded]);
  const quoted = '-1 day,"-1 day"\n=x,"=x"\n"",""\n"a,b","a,b"\n"NULL","NULL"\n';
  assert.deepEqual(texts("unix", { quoting: "strings" }), [quoted, quoted]);
  const refusing = new CsvEncoder([{ name: "i" }], { ...excel, formulas: "reject" });
  refusing.encode({ rowCount: 1, columns: [written(["-1 day"])] });
  assert.throws(() => refusing.encode({ rowCount: 1, columns: [utf8Vector(["-1 day"], 0)] }), {
    code: "SCSV_FORMULA",
    row: 2,
  });
});
