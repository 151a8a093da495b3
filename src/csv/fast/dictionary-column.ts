import { guardedText, nulIn } from "../cell-text.ts";
import { encodedDictionary, encodedWords, type EncodedDictionary } from "./encoded-dictionary.ts";
import { cellTable } from "./column-buffer.ts";
import { placeOf, type ColumnContext, type ColumnWriter, type VectorOf } from "./column-writer.ts";

/** Text that repeats: its bytes were made before, and stay where they are. */
export function dictionaryColumn(
  { codes, dictionary }: VectorOf<"dictionary">,
  context: ColumnContext,
): ColumnWriter {
  const encoded = encodedDictionary(dictionary, context.format, context.terminator);
  const { starts: entryStarts, unsafe, hasUnsafe, hasNuls, source, length: entryCount } = encoded;
  return {
    source,
    write(from, to, firstSlot, at) {
      if (hasNuls) refuseNuls(codes, encoded.nuls, from, to, context);
      if (hasUnsafe) context.onGuarded(countUnsafe(codes, unsafe, from, to, dictionary, context));
      const { starts, lengths } = cellTable;
      const shift = firstSlot - from;
      for (let row = from; row < to; row += 1) {
        const code = codes[row] ?? entryCount;
        if (code >= entryCount) throw noEntry(code, entryCount, row, context);
        const start = entryStarts[code] ?? 0;
        starts[row + shift] = start;
        lengths[row + shift] = (entryStarts[code + 1] ?? 0) - start;
      }
      return at;
    },
  };
}

function noEntry(code: number, entryCount: number, row: number, context: ColumnContext): RangeError {
  const { column, row: place } = placeOf(row, context);
  return new RangeError(
    `Row ${place}, column ${JSON.stringify(column)}, has the code ${code}, beyond its dictionary of ${entryCount}.`,
  );
}

function refuseNuls(
  codes: VectorOf<"dictionary">["codes"],
  nuls: Uint8Array,
  from: number,
  to: number,
  context: ColumnContext,
): void {
  for (let row = from; row < to; row += 1)
    if (nuls[codes[row] ?? 0] === 1) throw nulIn(placeOf(row, context));
}

/** Cells among the rows that the dialect changes. @throws StreamCsvError `SCSV_FORMULA` for the first formula when the dialect rejects them */
function countUnsafe(
  codes: VectorOf<"dictionary">["codes"],
  unsafe: EncodedDictionary["unsafe"],
  from: number,
  to: number,
  dictionary: readonly (string | null)[],
  context: ColumnContext,
): number {
  let count = 0;
  for (let row = from; row < to; row += 1) {
    const code = codes[row] ?? 0;
    if (unsafe[code] !== 1) continue;
    if (context.format.dialect.formulas === "reject")
      guardedText(dictionary[code] ?? "", context.format.dialect, placeOf(row, context));
    count += 1;
  }
  return count;
}

/** False, true and null are three finished cells. */
export function booleanColumn({ values, nulls }: VectorOf<"boolean">, context: ColumnContext): ColumnWriter {
  const { starts: wordStarts, source } = encodedWords(context.format, context.terminator);
  return {
    source,
    write(from, to, firstSlot, at) {
      const { starts, lengths } = cellTable;
      const shift = firstSlot - from;
      for (let row = from; row < to; row += 1) {
        const word = nulls?.[row] === 1 ? 2 : values[row] === 0 ? 0 : 1;
        const start = wordStarts[word] ?? 0;
        starts[row + shift] = start;
        lengths[row + shift] = (wordStarts[word + 1] ?? 0) - start;
      }
      return at;
    },
  };
}
