import { StreamCsvError } from "../../errors.ts";
import { changedColumnsHint } from "../changed-columns-hint.ts";
import { headBytes } from "./messages.ts";

/**
 * Where the fields of rows lie in the bytes received, row after row: field c of row r is number `r * columns + c`. The arrays are
 * used again for the next rows, and may be longer than these need.
 */
export interface RowFields {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly rows: number;
  readonly columns: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** 1 where the field is null. */
  readonly nulls: Uint8Array;
}

/** What the bytes received hold from a place on. */
export interface ScannedRows {
  readonly fields: RowFields;
  /** Where the first message begins that isn't a whole row. */
  readonly end: number;
}

const dataRow = 0x44;

/**
 * Finds the fields of DataRow messages (PostgreSQL's manual, section 55.7). Its tables are used again for the next bytes.
 * Every length is held against the message it stands in, so that nothing outside a message is ever taken for a field.
 */
export class RowScanner {
  readonly #columns: number;
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #nulls = new Uint8Array(0);

  constructor(columns: number) {
    this.#columns = columns;
  }

  /**
   * Reads rows between two places, until a message isn't a row or isn't whole.
   * @throws StreamCsvError `SCSV_QUERY_FAILED` for a row that isn't built as the protocol has it
   */
  scan(bytes: Uint8Array, from: number, to: number): ScannedRows {
    const columns = this.#columns;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let rows = 0;
    let field = 0;
    let at = from;
    while (at + headBytes <= to && bytes[at] === dataRow) {
      const end = at + 1 + view.getUint32(at + 1);
      if (end > to) break;
      if (end < at + headBytes + 2 || view.getUint16(at + headBytes) !== columns) throw malformedRow();
      if (field + columns > this.#starts.length) this.#grow(field + columns);
      const [starts, ends, nulls] = [this.#starts, this.#ends, this.#nulls];
      let place = at + headBytes + 2;
      for (let column = 0; column < columns; column += 1) {
        if (place + 4 > end) throw malformedRow();
        const size = view.getInt32(place);
        place += 4;
        starts[field] = place;
        if (size < 0) nulls[field] = 1;
        else {
          nulls[field] = 0;
          place += size;
        }
        ends[field] = place;
        field += 1;
      }
      if (place !== end) throw malformedRow();
      rows += 1;
      at = end;
    }
    return {
      fields: { bytes, view, rows, columns, starts: this.#starts, ends: this.#ends, nulls: this.#nulls },
      end: at,
    };
  }

  #grow(fields: number): void {
    const size = Math.max(1024, fields * 2);
    const [starts, ends, nulls] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(size)];
    starts.set(this.#starts);
    ends.set(this.#ends);
    nulls.set(this.#nulls);
    [this.#starts, this.#ends, this.#nulls] = [starts, ends, nulls];
  }
}

/** A row or value that the protocol does not allow. */
export function malformedRow(): StreamCsvError {
  return new StreamCsvError(
    "SCSV_QUERY_FAILED",
    "The database sent a row that isn't built as its protocol has it.",
  );
}

/** The column isn't of the type it was described with. */
export function wrongWidth(type: string, expected: number, bytes: number): StreamCsvError {
  return new StreamCsvError(
    "SCSV_SOURCE_CHANGED",
    `The database sent a value of ${bytes} bytes in a column of type ${type}, whose values have ${expected}.`,
    { hint: changedColumnsHint },
  );
}
