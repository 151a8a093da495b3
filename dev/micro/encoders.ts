import { writeToBuffer } from "@fast-csv/format";
import { stringify } from "csv-stringify/sync";
import Papa from "papaparse";
import { CsvEncoder, rowsSource, type EncoderName } from "../../src/index.ts";
import type { OrderRows } from "./order-rows.ts";

/** One way of encoding orders. */
export interface Contender {
  readonly name: string;
  /** How its text must agree with that of csv-stringify with arrays: in every byte, or in every parsed value. */
  readonly agrees: "bytes" | "values" | "typed bytes";
  /** The text of all rows, in chunks. */
  readonly run: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
}

/** Rows passed to the string writers at a time: more make no difference, and all at once would be one huge string. */
const batchRows = 1000;
const utf8 = new TextEncoder();

/** All contenders; the others are compared with the first one. */
export function contenders({ names, typed, arrays, objects }: OrderRows): readonly Contender[] {
  return [
    { name: "csv-stringify/sync, arrays", agrees: "bytes", run: byStringify(arrays) },
    { name: "csv-stringify/sync, objects", agrees: "bytes", run: byStringify(objects) },
    { name: "fast-csv, arrays", agrees: "values", run: byFastCsv(arrays) },
    { name: "fast-csv, objects", agrees: "values", run: byFastCsv(objects) },
    { name: "papaparse, arrays", agrees: "values", run: byPapaparse(arrays) },
    { name: "papaparse, objects", agrees: "values", run: byPapaparse(objects) },
    { name: "ours by csv-stringify, arrays", agrees: "bytes", run: ofRows(arrays, "csv-stringify") },
    { name: "ours, arrays", agrees: "bytes", run: ofRows(arrays, "fast") },
    { name: "ours, objects", agrees: "bytes", run: ofRows(objects, "fast") },
    { name: "ours by csv-stringify, typed", agrees: "typed bytes", run: ofBatches("csv-stringify") },
    { name: "ours, typed columns", agrees: "typed bytes", run: ofBatches("fast") },
  ];

  function ofRows(rows: readonly object[], encoder: EncoderName): Contender["run"] {
    return async () => {
      const source = rowsSource(rows, { columns: names });
      const csv = newEncoder(encoder);
      const chunks: Uint8Array[] = [];
      for await (const batch of source.read({ signal: new AbortController().signal }))
        chunks.push(csv.encode(batch));
      return chunks;
    };
  }

  function ofBatches(encoder: EncoderName): Contender["run"] {
    return () => {
      const csv = newEncoder(encoder);
      return typed.map((batch) => csv.encode(batch));
    };
  }

  function newEncoder(encoder: EncoderName): CsvEncoder {
    return new CsvEncoder(
      names.map((name) => ({ name })),
      undefined,
      encoder,
    );
  }
}

const stringifyOptions = {
  record_delimiter: "\r\n",
  quoted_match: /^$|[\r\n]/,
  cast: { boolean: String, date: (date: Date) => date.toISOString() },
};

function byStringify(rows: readonly object[]): Contender["run"] {
  return () => slices(rows).map((slice) => utf8.encode(stringify(slice, stringifyOptions)));
}

/** fast-csv needs dates as text; it can write booleans. */
function byFastCsv(rows: readonly object[]): Contender["run"] {
  const options = {
    rowDelimiter: "\r\n",
    includeEndRowDelimiter: true,
    headers: false,
    transform: withTextDates,
  };
  return async () => {
    const chunks: Uint8Array[] = [];
    for (const slice of slices(rows)) chunks.push(await writeToBuffer(slice, options));
    return chunks;
  };
}

function withTextDates(row: object): unknown[] {
  const values: unknown[] = Array.isArray(row) ? row : Object.values(row);
  return values.map((value) => (value instanceof Date ? value.toISOString() : value));
}

function byPapaparse(rows: readonly object[]): Contender["run"] {
  return () => slices(rows).map((slice) => utf8.encode(`${Papa.unparse(slice, { header: false })}\r\n`));
}

function slices<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / batchRows) }, (_, index) =>
    all.slice(index * batchRows, (index + 1) * batchRows),
  );
}
