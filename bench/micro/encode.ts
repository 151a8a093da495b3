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
  /** Contenders of one group must write the same bytes. */
  readonly group: "arrays" | "typed" | "other";
  /** The text of all rows, in chunks. */
  readonly run: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
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
      if (vector.kind === "dictionary") return asRead(vector.dictionary[vector.codes[row] ?? 0] ?? null);
      return "values" in vector ? vector.values[row] : null;
    }),
  ),
);
const objects = arrays.map((row) => Object.fromEntries(row.map((value, index) => [names[index], value])));

/** A string as a database driver makes it: in one piece, not put together from parts as those of the generator are. */
function asRead(text: string | null): unknown {
  const read: unknown = JSON.parse(JSON.stringify(text));
  return read;
}

function slices<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / batchRows) }, (_, index) =>
    all.slice(index * batchRows, (index + 1) * batchRows),
  );
}

/** Rows of user code through their source and the encoder. */
function ofRows(all: readonly object[], encoder: EncoderName): () => Promise<readonly Uint8Array[]> {
  return async () => {
    const source = rowsSource(all, { columns: names });
    const csv = new CsvEncoder(
      names.map((name) => ({ name })),
      undefined,
      encoder,
    );
    const chunks: Uint8Array[] = [];
    for await (const batch of source.read({ signal: new AbortController().signal }))
      chunks.push(csv.encode(batch));
    return chunks;
  };
}

/** Batches of typed columns through the encoder. */
function ofBatches(encoder: EncoderName): () => readonly Uint8Array[] {
  return () => {
    const csv = new CsvEncoder(
      names.map((name) => ({ name })),
      undefined,
      encoder,
    );
    return typed.map((batch) => csv.encode(batch));
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
    group: "arrays",
    run: () => slices(arrays).map((slice) => utf8.encode(stringify(slice, options))),
  },
  {
    name: "papaparse, arrays",
    group: "other",
    run: () => slices(arrays).map((slice) => utf8.encode(`${Papa.unparse(slice)}\r\n`)),
  },
  { name: "ours by csv-stringify, arrays", group: "arrays", run: ofRows(arrays, "csv-stringify") },
  { name: "ours, arrays", group: "arrays", run: ofRows(arrays, "fast") },
  { name: "ours, objects", group: "arrays", run: ofRows(objects, "fast") },
  { name: "ours by csv-stringify, typed", group: "typed", run: ofBatches("csv-stringify") },
  { name: "ours, typed columns", group: "typed", run: ofBatches("fast") },
];

const texts = await Promise.all(contenders.map(async ({ run }) => Buffer.concat(await run())));
for (const group of ["arrays", "typed"]) {
  const same = texts.filter((_, index) => contenders[index]?.group === group);
  if (same.some((text) => !text.equals(same[0] ?? text)))
    throw new Error(`The contenders of the group ${group} don't write the same bytes.`);
}

const seconds = contenders.map((): number[] => []);
for (let round = -2; round < rounds; round += 1) {
  // Every other round the other way round, so that none always follows the same one.
  const order = contenders.map((_, index) => (round % 2 === 0 ? index : contenders.length - 1 - index));
  for (const index of order) {
    const begun = performance.now();
    await contenders[index]?.run();
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
    `${((texts[index]?.length ?? 0) / median / 1e6).toFixed(0)} MB/s`.padStart(10),
    `${quantile(ratios, 0.5).toFixed(1)} × (${quantile(ratios, 0).toFixed(1)} to ${quantile(ratios, 1).toFixed(1)})`.padStart(
      22,
    ),
  ].join("");
});
process.stdout.write(`${lines.join("\n")}\n`);
