import { stringify } from "csv-stringify/sync";
import Papa from "papaparse";
import { CsvEncoder, generatedSource, rowsSource, type Batch, type EncoderName } from "../../src/index.ts";

/**
 * Encodes the same orders in several ways, in turns within one process, and prints how they compare: what counts are
 * the ratios within a round. Run it alone: `node dist/bench/micro/encode.js [rows] [rounds]`.
 */
const rows = Number(process.argv[2] ?? 20_000);
const rounds = Number(process.argv[3] ?? 7);
const batchRows = 1000;
const names = [
  "id",
  "customer",
  "email",
  "quantity",
  "price",
  "paid",
  "created_at",
  "note",
  "status",
  "region",
];

interface Contender {
  readonly name: string;
  /** Bytes of all rows. */
  readonly run: () => number | Promise<number>;
}

const typed: Batch[] = [];
for await (const batch of generatedSource("orders", { rows }).read({ signal: new AbortController().signal }))
  typed.push(batch);

/** The same rows as user code has them: a number for a decimal, a Date for an instant. */
const arrays: unknown[][] = typed.flatMap((batch) =>
  Array.from({ length: batch.rowCount }, (_, row) =>
    batch.columns.map((vector) => {
      if (vector.kind === "decimal") return Number(vector.unscaled[row]) / 10 ** vector.scale;
      if (vector.kind === "boolean") return vector.values[row] === 1;
      if (vector.kind === "timestamp") return new Date(Number(vector.values[row]));
      if (vector.kind === "dictionary") return vector.dictionary[vector.codes[row] ?? 0];
      return vector.values[row];
    }),
  ),
);
const objects = arrays.map((row) => Object.fromEntries(row.map((value, index) => [names[index], value])));

function slices<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / batchRows) }, (_, index) =>
    all.slice(index * batchRows, (index + 1) * batchRows),
  );
}

/** Rows of user code through their source and the encoder. */
function ofRows(all: readonly object[], encoder: EncoderName): () => Promise<number> {
  return async () => {
    const source = rowsSource(all, { columns: names });
    const csv = new CsvEncoder(
      names.map((name) => ({ name })),
      undefined,
      encoder,
    );
    let bytes = 0;
    for await (const batch of source.read({ signal: new AbortController().signal }))
      bytes += csv.encode(batch).length;
    return bytes;
  };
}

/** Batches of typed columns through the encoder. */
function ofBatches(encoder: EncoderName): () => number {
  return () => {
    const csv = new CsvEncoder(
      names.map((name) => ({ name })),
      undefined,
      encoder,
    );
    return typed.reduce((bytes, batch) => bytes + csv.encode(batch).length, 0);
  };
}

const utf8 = new TextEncoder();
const options = {
  record_delimiter: "\r\n",
  quoted_match: /^$|[\r\n]/,
  cast: { boolean: String, date: (date: Date) => date.toISOString() },
};

const contenders: readonly Contender[] = [
  {
    name: "csv-stringify/sync, arrays",
    run: () =>
      slices(arrays).reduce((bytes, slice) => bytes + utf8.encode(stringify(slice, options)).length, 0),
  },
  {
    name: "papaparse, arrays",
    run: () => slices(arrays).reduce((bytes, slice) => bytes + utf8.encode(Papa.unparse(slice)).length, 0),
  },
  { name: "ours by csv-stringify, typed", run: ofBatches("csv-stringify") },
  { name: "ours, arrays", run: ofRows(arrays, "fast") },
  { name: "ours, objects", run: ofRows(objects, "fast") },
  { name: "ours, typed columns", run: ofBatches("fast") },
];

const seconds = contenders.map((): number[] => []);
const sizes = contenders.map(() => 0);
for (let round = -2; round < rounds; round += 1) {
  // Every other round the other way round, so that none always follows the same one.
  const order = contenders.map((_, index) => (round % 2 === 0 ? index : contenders.length - 1 - index));
  for (const index of order) {
    const begun = performance.now();
    sizes[index] = (await contenders[index]?.run()) ?? 0;
    if (round >= 0) seconds[index]?.push((performance.now() - begun) / 1000);
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;
}

const lines = contenders.map(({ name }, index) => {
  const taken = seconds[index] ?? [];
  const ratios = taken.map((value, round) => (seconds[0]?.[round] ?? Number.NaN) / value);
  const median = quantile(taken, 0.5);
  return [
    name.padEnd(30),
    `${(rows / median / 1e6).toFixed(2)} Mrow/s`.padStart(14),
    `${((sizes[index] ?? 0) / median / 1e6).toFixed(0)} MB/s`.padStart(10),
    `${quantile(ratios, 0.5).toFixed(1)} × (${quantile(ratios, 0).toFixed(1)} to ${quantile(ratios, 1).toFixed(1)})`.padStart(
      22,
    ),
  ].join("");
});
process.stdout.write(`${lines.join("\n")}\n`);
