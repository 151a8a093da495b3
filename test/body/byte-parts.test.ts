import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ByteParts } from "../../src/body/byte-parts.ts";

test("keeps the bytes in order for any sizes and any reads in between", () => {
  const operation = fc.oneof(
    fc.integer({ min: 0, max: 20_000 }).map((length) => ({ length })),
    fc.constant("parts" as const),
    fc.constant("join" as const),
  );
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const parts = new ByteParts();
      const expected: Uint8Array[] = [];
      for (const [index, each] of operations.entries()) {
        if (each === "join") assert.equal(parts.join().byteLength, parts.byteLength);
        else if (each === "parts") assert.equal(Buffer.concat(parts.parts).byteLength, parts.byteLength);
        else {
          const bytes = new Uint8Array(each.length).fill(index);
          parts.append(bytes);
          expected.push(bytes);
        }
      }
      assert.ok(Buffer.concat(expected).equals(parts.join()));
    }),
  );
});

test("returns the same array from each join", () => {
  const parts = new ByteParts();
  parts.append(new Uint8Array(10));
  parts.append(new Uint8Array(100_000));
  assert.equal(parts.join(), parts.join());
});
