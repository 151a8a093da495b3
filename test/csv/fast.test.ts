import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CsvEncoder, type Batch, type Dialect, type EncoderName } from "../../src/index.ts";
import { randomBatch, randomDialect } from "./random-batch.ts";

interface Encoded {
  readonly bytes: Uint8Array;
  readonly guardedCells: number;
}

/** The whole text of a batch, encoded in pieces. */
function encoded(encoder: EncoderName, batch: Batch, dialect: Dialect, pieces: readonly number[]): Encoded {
  const columns = batch.columns.map((_, index) => ({ name: `=column ${index + 1}` }));
  const writer = new CsvEncoder(columns, dialect, encoder);
  const chunks = [writer.header()];
  let from = 0;
  for (const size of [...pieces, batch.rowCount]) {
    const to = Math.min(from + size, batch.rowCount);
    chunks.push(writer.encode(batch, from, to));
    from = to;
  }
  return { bytes: Buffer.concat(chunks), guardedCells: writer.guardedCells };
}

test("the fast path gives the bytes of csv-stringify, for 200,000 random rows in random dialects and pieces", () => {
  let rows = 0;
  fc.assert(
    fc.property(
      randomBatch,
      randomDialect,
      fc.array(fc.nat(20), { maxLength: 3 }),
      (batch, dialect, pieces) => {
        rows += batch.rowCount;
        const fast = encoded("fast", batch, dialect, pieces);
        const reference = encoded("csv-stringify", batch, dialect, []);
        assert.equal(Buffer.from(fast.bytes).toString(), Buffer.from(reference.bytes).toString());
        assert.deepEqual(fast, reference);
      },
    ),
    { numRuns: 11_500 },
  );
  assert.ok(rows >= 200_000, `${rows} rows`);
});
