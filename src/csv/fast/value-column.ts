import { cellText, guardedText } from "../cell-text.ts";
import { writeInstant } from "./clock.ts";
import { writeInteger, writeShortFloat } from "./digits.ts";
import { finished, writeNull } from "./fixed-cell.ts";
import { cellTable, reserve, stage } from "./stage.ts";
import { placeOf, type ColumnContext, type StagedColumn, type VectorOf } from "./staged-column.ts";
import { writeBytes, writeText } from "./text.ts";

/** Values of any type, looked at one by one; with `codes`, row i is value `codes[i]`. */
export function valueColumn(
  { values }: { readonly values: readonly unknown[] },
  context: ColumnContext,
  codes?: VectorOf<"dictionary">["codes"],
): StagedColumn {
  const { format, terminator } = context;
  const { cellBytes } = format;
  const isGuarded = format.dialect.formulas !== "allow";
  const [first = 0, second = 0] = terminator;
  const terminatorLength = terminator.length;
  return {
    stage(from, to, firstSlot, begin) {
      const { starts, lengths } = cellTable;
      let at = begin;
      let slot = firstSlot;
      for (let row = from; row < to; row += 1) {
        const value = values[codes === undefined ? row : (codes[row] ?? 0)];
        const start = at;
        let bytes = reserve(at + cellBytes);
        if (typeof value === "string") {
          at = writeText(isGuarded ? guarded(value, row, context) : value, at, format, format.quotesText);
          ({ bytes } = stage);
        } else if (value === null || value === undefined) at = writeNull(at, format);
        else at = writeValue(value, row, at, context);
        bytes[at] = first;
        bytes[at + 1] = second;
        at += terminatorLength;
        starts[slot] = start;
        lengths[slot] = at - start;
        slot += 1;
      }
      return at;
    },
  };
}

function guarded(value: string, row: number, context: ColumnContext): string {
  const text = guardedText(value, context.format.dialect, placeOf(row, context));
  if (text !== value) context.onGuarded(1);
  return text;
}

/** Writes a value that is no text, in the quickest way its type has. */
function writeValue(value: unknown, row: number, at: number, context: ColumnContext): number {
  const { format } = context;
  const { quotesAll, isPlain, separator, isGeneral } = format;
  const lead = quotesAll ? 1 : 0;
  let end = -1;
  if (typeof value === "number") {
    if ((value | 0) === value && !isGeneral) end = writeInteger(stage.view, at + lead, value);
    else if (!isGeneral) end = writeShortFloat(stage.view, at + lead, value, separator);
  } else if (typeof value === "boolean") {
    const word = format.booleans[value ? 1 : 0];
    end = writeBytes(word, 0, word.length, at + lead, format.cellBytes);
  } else if (value instanceof Date && !isGeneral) {
    end = writeInstant(stage.view, at + lead, value.getTime());
  }
  if (end >= 0) return isPlain ? end : finished(end, at, format);
  const text = cellText(value, format.dialect, placeOf(row, context));
  return text === null ? writeNull(at, format) : writeText(text, at, format, quotesAll);
}
