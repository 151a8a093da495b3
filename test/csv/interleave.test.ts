import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";

test("no eight bytes of well-formed UTF-8 are a NaN, so that they can be copied as doubles", () => {
  const wide = fc
    .integer({ min: 0x10000, max: 0x10ffff })
    .map((codePoint) => String.fromCodePoint(codePoint));
  const text = fc.string({ unit: fc.oneof(wide, fc.constantFrom("\x7f", "ÿ", "\uffff", "a")), minLength: 8 });
  fc.assert(
    fc.property(text, (one) => {
      const bytes = new TextEncoder().encode(one);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at + 8 <= bytes.length; at += 1)
        assert.equal(Number.isNaN(view.getFloat64(at, true)), false, `${one} at ${at}`);
    }),
    { numRuns: 5000 },
  );
});
