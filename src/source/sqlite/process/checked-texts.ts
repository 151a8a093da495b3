import { TextDecoder } from "node:util";
import type Database from "better-sqlite3";
import { StreamCsvError } from "../../../errors.ts";
import type { ReadRequest } from "../protocol.ts";
import type { BatchEncoder, SqliteValue } from "./batch-encoder.ts";
import { columnReference } from "./statement-text.ts";

const encodings: Readonly<Record<string, string>> = {
  "UTF-8": "utf-8",
  "UTF-16le": "utf-16le",
  "UTF-16be": "utf-16be",
};

/**
 * Whether each wrong text of a database shows by U+FFFD. From UTF-16, SQLite itself makes one character of half a surrogate pair and
 * the unit behind it, whatever that is.
 */
export function showsWrongTexts(database: Database.Database): boolean {
  return encodingOf(database) === "utf-8";
}

function encodingOf(database: Database.Database): string {
  return encodings[String(database.pragma("encoding", { simple: true }))] ?? "utf-8";
}

/**
 * Reads texts as bytes, and fails where they have no text. SQLite takes any bytes for a text, and the driver puts U+FFFD in place
 * of wrong ones. Bytes take several times as long to read, so a reading of UTF-8 goes over to them only once it has met U+FFFD.
 */
export class CheckedTexts {
  readonly #request: ReadRequest;
  readonly #decoder: TextDecoder;
  #row: number;

  /** @param row the number of rows that were sent before */
  constructor(database: Database.Database, request: ReadRequest, row: number) {
    this.#request = request;
    this.#row = row;
    this.#decoder = new TextDecoder(encodingOf(database), { fatal: true, ignoreBOM: true });
  }

  /** What is selected for each column: its value, with bytes in place of text, and whether it is text. */
  get expressions(): readonly string[] {
    return this.#request.places
      .map((place) => columnReference(this.#request, place))
      .flatMap((column) => [
        `CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END`,
        `typeof(${column}) = 'text'`,
      ]);
  }

  /**
   * Reads the rows of a batch again.
   * @throws StreamCsvError `SCSV_QUERY_FAILED` when the rows have another order than before
   */
  compare(batch: BatchEncoder, iterator: Iterator<readonly SqliteValue[]>): void {
    for (let row = 0; row < batch.rowCount; row += 1) {
      const step = iterator.next();
      const values = step.done === true ? [] : this.read(step.value);
      const isSame = this.#request.places.every((_, place) =>
        isEqual(values[place], batch.valueAt(row, place)),
      );
      if (!isSame) throw this.#otherOrder();
    }
  }

  /** @throws StreamCsvError `SCSV_SOURCE_UNREADABLE`, with row and column, for a text of wrong bytes */
  read(pairs: readonly SqliteValue[]): readonly SqliteValue[] {
    this.#row += 1;
    return this.#request.places.map((_, index) => {
      const value = pairs[index * 2] ?? null;
      return pairs[index * 2 + 1] === 1n && value instanceof Uint8Array ? this.#decode(value, index) : value;
    });
  }

  #decode(bytes: Uint8Array, index: number): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      const { name, columns, places } = this.#request;
      const column = columns[places[index] ?? 0] ?? "";
      throw new StreamCsvError(
        "SCSV_SOURCE_UNREADABLE",
        `Row ${this.#row} of ${JSON.stringify(name)} has a text in the column ${JSON.stringify(column)} that isn't valid Unicode.`,
        {
          cause,
          row: this.#row,
          column,
          hint: "Correct the value, or read the column as bytes with a query: CAST(column AS BLOB).",
        },
      );
    }
  }

  #otherOrder(): StreamCsvError {
    return new StreamCsvError(
      "SCSV_QUERY_FAILED",
      `The rows of ${JSON.stringify(this.#request.name)} have texts that must be read twice, and came in another order the second time.`,
      { hint: "Give the query an ORDER BY, and no random values." },
    );
  }
}

function isEqual(one: SqliteValue | undefined, other: SqliteValue): boolean {
  return one instanceof Uint8Array && other instanceof Uint8Array
    ? Buffer.compare(one, other) === 0
    : Object.is(one, other);
}
