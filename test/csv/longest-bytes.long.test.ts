import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvEncoder, dialects } from "../../src/index.ts";

test("names the cell of more bytes than a string has room for in hexadecimal", () => {
  const bytes = new Uint8Array(256 * 1024 * 1024);
  const encoder = new CsvEncoder([{ name: "id" }, { name: "scan" }], dialects.unix);
  const batch = {
    rowCount: 2,
    columns: [
      { kind: "integer", values: Int32Array.of(1, 2) } as const,
      { kind: "bytes", values: [null, bytes] } as const,
    ],
  };
  assert.throws(() => encoder.encode(batch), {
    code: "SCSV_NO_TEXT",
    message: 'Row 2, column "scan", holds 268435456 bytes, too many to be written as hexadecimal.',
    hint: "Leave the column out, or keep such bytes in files of their own.",
    row: 2,
    column: "scan",
  });
});
