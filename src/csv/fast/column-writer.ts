import type { ColumnVector, NullMask } from "../batch.ts";
import { cellText, guardedText } from "../cell-text.ts";
import { vectorValue } from "../vector-value.ts";
import type { CellFormat } from "./cell-format.ts";
import { writeDay, writeInstant, writeMicroseconds } from "./clock.ts";
import { encodedDictionary } from "./dictionary.ts";
import { greatestScale, writeDecimal, writeInteger, writeShortFloat } from "./digits.ts";
import { sink } from "./sink.ts";
import { writeBytes, writeEncoded, writeText } from "./text.ts";
import { utf8Writer } from "./utf8.ts";
import { wordReader } from "./word-reader.ts";

// Longer than others, since the writers of all kinds of columns stand beside each other: they share how nulls, quotes and
// the null marker are handled, and are read best in one view.

/** Writes the cell of a row at a place of the sink, and gives the place behind it. */
export type CellWriter = (row: number, at: number) => number;

/** What a writer needs besides its vector. */
export interface WriterContext {
  readonly format: CellFormat;
  readonly column: string;
  /** What added to a row of the batch gives its number in the data, for messages. */
  readonly rowOffset: number;
  readonly onGuarded: () => void;
}

type VectorOf<K extends ColumnVector["kind"]> = Extract<ColumnVector, { kind: K }>;

/** Dictionaries greater than this would cost more to encode than they save. */
const greatestDictionary = 65_536;

/** The writer for a column of a batch, made by the kind of its vector; the same text as `cellText` gives. */
export function columnWriter(vector: ColumnVector, context: WriterContext): CellWriter {
  switch (vector.kind) {
    case "integer":
      return fixedWriter(integerWriter(vector, context), context.format, vector.nulls);
    case "decimal":
      return fixedWriter(decimalWriter(vector, context), context.format, vector.nulls);
    case "float":
      return fixedWriter(floatWriter(vector, context), context.format, vector.nulls);
    case "boolean":
      return fixedWriter(booleanWriter(vector, context), context.format, vector.nulls);
    case "timestamp":
      return fixedWriter(timestampWriter(vector, context), context.format, vector.nulls);
    case "date":
      return fixedWriter(dateWriter(vector, context), context.format, vector.nulls);
    case "dictionary":
      return vector.dictionary.length > greatestDictionary
        ? mixedWriter({ kind: "mixed", values: vector.dictionary }, context, vector.codes)
        : dictionaryWriter(vector, context);
    case "utf8":
      return utf8Writer(vector, context);
    case "text":
    case "mixed":
    case "bytes":
    default:
      return mixedWriter(vector, context);
  }
}

/** Nulls, and quotes around cells that by themselves need none: they hold digits and letters. −1 is a null. */
function fixedWriter(write: CellWriter, format: CellFormat, nulls: NullMask | undefined): CellWriter {
  const { quotesAll, nullBytes, dialect } = format;
  const isPlain = !quotesAll && nullBytes.length === 0 && dialect.nonFinite !== "null";
  if (isPlain && nulls === undefined) return write;
  if (isPlain && nulls !== undefined) return (row, at) => (nulls[row] === 1 ? at : write(row, at));
  const lead = quotesAll ? 1 : 0;
  return (row, at) =>
    nulls?.[row] === 1 ? writeNull(at, format) : finished(write(row, at + lead), at, format);
}

function writeNull(at: number, { nullBytes, slack }: CellFormat): number {
  return nullBytes.length === 0 ? at : writeBytes(nullBytes, 0, nullBytes.length, at, slack);
}

/** Puts quotes around a finished cell where all cells have them, or where it could be taken for the null marker. */
function finished(end: number, at: number, format: CellFormat): number {
  if (end < 0) return writeNull(at, format);
  const { bytes } = sink;
  if (format.quotesAll) {
    bytes[at] = format.quote;
    bytes[end] = format.quote;
    return end + 1;
  }
  if (!isNullMarker(at, end, format)) return end;
  bytes.copyWithin(at + 1, at, end);
  bytes[at] = format.quote;
  bytes[end + 1] = format.quote;
  return end + 2;
}

function isNullMarker(at: number, end: number, { nullBytes }: CellFormat): boolean {
  if (nullBytes.length === 0 || end - at !== nullBytes.length) return false;
  for (let index = 0; index < nullBytes.length; index += 1)
    if (sink.bytes[at + index] !== nullBytes[index]) return false;
  return true;
}

/** Any value without quotes, by way of its text: for what is rare, or has no quicker way. */
function generalWriter(vector: ColumnVector, context: WriterContext): CellWriter {
  const { format } = context;
  return (row, at) => {
    const text = cellText(vectorValue(vector, row), format.dialect, placeOf(row, context));
    return text === null ? -1 : writeEncoded(text, at, format.slack);
  };
}

function integerWriter(vector: VectorOf<"integer">, context: WriterContext): CellWriter {
  const { values } = vector;
  const general = generalWriter(vector, context);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    const read = wordReader(values);
    return (row, at) => {
      const value = read(row);
      return value === value ? writeInteger(sink.bytes, at, value) : general(row, at);
    };
  }
  if (values instanceof Float64Array) {
    return (row, at) => {
      const value = values[row] ?? 0;
      return Number.isSafeInteger(value) ? writeInteger(sink.bytes, at, value) : general(row, at);
    };
  }
  if (isBigints(values)) return general;
  return (row, at) => writeInteger(sink.bytes, at, values[row] ?? 0);
}

function isBigints(values: VectorOf<"integer">["values"]): values is readonly bigint[] {
  return Array.isArray(values);
}

function decimalWriter(vector: VectorOf<"decimal">, context: WriterContext): CellWriter {
  const { unscaled, scale } = vector;
  const { separator } = context.format;
  const general = generalWriter(vector, context);
  if (scale > greatestScale || Array.isArray(unscaled)) return general;
  if (unscaled instanceof BigInt64Array) {
    const read = wordReader(unscaled);
    return (row, at) => {
      const value = read(row);
      return value === value ? writeDecimal(sink.bytes, at, value, scale, separator) : general(row, at);
    };
  }
  return (row, at) => writeDecimal(sink.bytes, at, Number(unscaled[row]), scale, separator);
}

function floatWriter(vector: VectorOf<"float">, context: WriterContext): CellWriter {
  const { values } = vector;
  const { separator, isGeneral } = context.format;
  const general = generalWriter(vector, context);
  if (isGeneral) return general;
  return (row, at) => {
    const end = writeShortFloat(sink.bytes, at, values[row] ?? 0, separator);
    return end < 0 ? general(row, at) : end;
  };
}

function booleanWriter({ values }: VectorOf<"boolean">, { format }: WriterContext): CellWriter {
  const [no, yes] = format.booleans;
  return (row, at) => {
    const word = values[row] === 0 ? no : yes;
    return writeBytes(word, 0, word.length, at, format.slack);
  };
}

function timestampWriter(vector: VectorOf<"timestamp">, context: WriterContext): CellWriter {
  const { values, unit } = vector;
  const general = generalWriter(vector, context);
  if (unit === "ns" || context.format.isGeneral) return general;
  // Numbers are read where they are used, since one that is returned would be boxed.
  if (values instanceof Float64Array) {
    if (unit === "us") return general;
    return (row, at) => {
      const end = writeInstant(sink.bytes, at, Math.trunc(values[row] ?? 0));
      return end < 0 ? general(row, at) : end;
    };
  }
  const read = wordReader(values);
  if (unit === "ms") {
    return (row, at) => {
      const end = writeInstant(sink.bytes, at, read(row));
      return end < 0 ? general(row, at) : end;
    };
  }
  return (row, at) => {
    const end = writeMicroseconds(sink.bytes, at, read(row));
    return end < 0 ? general(row, at) : end;
  };
}

function dateWriter(vector: VectorOf<"date">, context: WriterContext): CellWriter {
  const { values } = vector;
  const general = generalWriter(vector, context);
  if (context.format.isGeneral) return general;
  return (row, at) => {
    const end = writeDay(sink.bytes, at, values[row] ?? 0);
    return end < 0 ? general(row, at) : end;
  };
}

function dictionaryWriter(vector: VectorOf<"dictionary">, context: WriterContext): CellWriter {
  const { codes, dictionary } = vector;
  const { format } = context;
  const { bytes, starts, formulas, hasFormulas } = encodedDictionary(dictionary, format);
  if (!hasFormulas)
    return (row, at) => {
      const code = codes[row] ?? 0;
      return writeBytes(bytes, starts[code] ?? 0, starts[code + 1] ?? 0, at, format.slack);
    };
  return (row, at) => {
    const code = codes[row] ?? 0;
    if (formulas[code] === 1) {
      guardedText(dictionary[code] ?? "", format.dialect, placeOf(row, context));
      context.onGuarded();
    }
    return writeBytes(bytes, starts[code] ?? 0, starts[code + 1] ?? 0, at, format.slack);
  };
}

/** Values that are looked at one by one; with `codes`, row i is value `codes[i]`. */
function mixedWriter(
  { values }: VectorOf<"mixed"> | VectorOf<"text"> | VectorOf<"bytes">,
  context: WriterContext,
  codes?: VectorOf<"dictionary">["codes"],
): CellWriter {
  const { format } = context;
  const { quotesAll, quotesText, separator, dialect, isGeneral } = format;
  const isGuarded = dialect.formulas !== "allow";
  const lead = quotesAll ? 1 : 0;
  return (row, at) => {
    const value = values[codes === undefined ? row : (codes[row] ?? 0)];
    if (typeof value === "string") {
      if (!isGuarded) return writeText(value, at, format, quotesText);
      const text = guardedText(value, dialect, placeOf(row, context));
      if (text !== value) context.onGuarded();
      return writeText(text, at, format, quotesText);
    }
    if (typeof value === "number" && !isGeneral) {
      const { bytes } = sink;
      const isSmall = (value | 0) === value;
      const end = isSmall
        ? writeInteger(bytes, at + lead, value)
        : writeShortFloat(bytes, at + lead, value, separator);
      if (end >= 0) return finished(end, at, format);
    }
    if (value === null || value === undefined) return writeNull(at, format);
    if (typeof value === "boolean") {
      const word = format.booleans[value ? 1 : 0];
      return finished(writeBytes(word, 0, word.length, at + lead, format.slack), at, format);
    }
    if (value instanceof Date && !isGeneral) {
      const end = writeInstant(sink.bytes, at + lead, value.getTime());
      if (end >= 0) return finished(end, at, format);
    }
    const text = cellText(value, dialect, placeOf(row, context));
    return text === null ? writeNull(at, format) : writeText(text, at, format, quotesAll);
  };
}

function placeOf(
  row: number,
  { rowOffset, column }: WriterContext,
): { readonly row: number; readonly column: string } {
  return { row: row + rowOffset, column };
}
