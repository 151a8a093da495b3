import { StreamCsvError } from "../../errors.ts";
import type { ByteReader } from "../text-file/byte-reader.ts";
import { distinctNames } from "../column-names.ts";
import type { ColumnDescription } from "../source.ts";
import { falseCell, floatCell, integerCell, trueCell, stringCell, escapedStringCell } from "./cell-kind.ts";
import { KeyTable } from "./key-table.ts";
import { RecordReader } from "./record-reader.ts";
import { RecordScanner } from "./record-scanner.ts";

/** The contents of a JSON file, after a scan of all of it. */
export interface JsonDescription {
  readonly columns: readonly ColumnDescription[];
  /** The keys, each at its column's position. There are none if the records are not objects, which make a single column. */
  readonly keys: KeyTable;
  readonly rowCount: number;
}

/** Kinds of values as bits, so that a column's are a number. */
const [integerBit, floatBit, booleanBit, textBit, jsonBit] = [1, 2, 4, 8, 16] as const;

/** The bit of each kind of cell, by its number. */
const bits = new Uint8Array(16).fill(jsonBit);
bits[integerCell] = integerBit;
bits[floatCell] = floatBit;
bits[falseCell] = booleanBit;
bits[trueCell] = booleanBit;
bits[stringCell] = textBit;
bits[escapedStringCell] = textBit;

/**
 * Scans a whole JSON file once for the keys of all records, the kinds of their values, and the number of records. Memory is
 * that of the reader and the keys. The scan yields to the event loop with every block.
 * @throws StreamCsvError `SCSV_SOURCE_UNREADABLE`, with the record's number, if the file is not JSON, exceeds a limit or has no
 * column
 */
export async function describeJson(
  path: string,
  bytes: ByteReader,
  blockBytes?: number,
): Promise<JsonDescription> {
  const keys = new KeyTable();
  const scanner = new RecordScanner(keys, true);
  const records = new RecordReader(path, bytes, scanner, blockBytes);
  let kinds = new Uint8Array(64);
  for (;;) {
    while (records.next()) {
      const { columns, kinds: cellKinds, count } = scanner;
      if (keys.count > kinds.length) kinds = enlarged(kinds, keys.count);
      for (let cell = 0; cell < count; cell += 1) {
        const column = columns[cell] ?? 0;
        kinds[column] = (kinds[column] ?? 0) | (bits[cellKinds[cell] ?? 0] ?? 0);
      }
    }
    if (records.isEnded) break;
    await records.fill();
  }
  if (records.count === 0) throw noColumns(path, "It holds no record");
  if (records.areObjects === true && keys.count === 0) throw noColumns(path, "No record of it has a key");
  const names = records.areObjects === true ? distinctNames(keyTexts(keys)) : ["json"];
  return {
    columns: names.map((column, place) => ({ name: column, type: typeOf(kinds[place] ?? 0) })),
    keys,
    rowCount: records.count,
  };
}

function enlarged(kinds: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * count);
  larger.set(kinds);
  return larger;
}

function keyTexts(keys: KeyTable): readonly string[] {
  return Array.from({ length: keys.count }, (_, column) => keys.textOf(column));
}

/** A column that is null in all records has the type text. */
function typeOf(kinds: number): string {
  if (kinds === 0) return "text";
  if ((kinds & ~(integerBit | floatBit)) === 0) return (kinds & floatBit) === 0 ? "integer" : "float";
  return types.get(kinds) ?? "mixed";
}

const types: ReadonlyMap<number, string> = new Map([
  [booleanBit, "boolean"],
  [textBit, "text"],
  [jsonBit, "json"],
]);

function noColumns(path: string, reason: string): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_UNREADABLE",
    `The JSON file ${JSON.stringify(path)} has no columns. ${reason}.`,
    { hint: 'Write at least one record with a key, such as {"id":1}.' },
  );
}
