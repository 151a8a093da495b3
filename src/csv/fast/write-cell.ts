import { cellText, cellValue, guardedNumber, guardedText } from "../cell-text.ts";
import { millisecondsPerDay, withBlank, writeInstant } from "./write-instant.ts";
import { writeInteger, writeShortFloat } from "./digits.ts";
import { finished, writeNull } from "./cell-by-cell.ts";
import { reserve, columnBuffer } from "./column-buffer.ts";
import { placeOf, type ColumnContext } from "./column-writer.ts";
import { writeBytes, writeText } from "./write-text.ts";

/** Writes a value of any type at a place of the column buffer, and gives the place behind it; leaves room for another cell. */
export function writeCell(value: unknown, row: number, at: number, context: ColumnContext): number {
  const { format } = context;
  if (typeof value === "string") return writeString(value, row, at, context);
  reserve(at + format.cellBytes);
  if (value === null || value === undefined) return writeNull(at, format);
  const end = writeQuickly(value, format.quotesAll ? at + 1 : at, context);
  if (end >= 0) return format.isPlain ? end : finished(end, at, format);
  const plain = cellValue(value, placeOf(row, context));
  if (typeof plain === "string") return writeString(plain, row, at, context);
  const text = cellText(plain, format.dialect, placeOf(row, context));
  if (text === null) return writeNull(at, format);
  const guarded = guardedNumber(text, plain, format.dialect);
  if (guarded !== text) context.onGuarded(1);
  return writeText(guarded, at, format, format.quotesAll);
}

function writeString(value: string, row: number, at: number, context: ColumnContext): number {
  const { format } = context;
  const isLookedAt = format.isGuarded || format.refusesNul;
  return writeText(isLookedAt ? guardedString(value, row, context) : value, at, format, format.quotesText);
}

function guardedString(value: string, row: number, context: ColumnContext): string {
  const text = guardedText(value, context.format.dialect, placeOf(row, context));
  if (text !== value) context.onGuarded(1);
  return text;
}

/** Writes a number, boolean or Date without making a string of it; returns −1 if the value is of another type. */
function writeQuickly(value: unknown, at: number, { format }: ColumnContext): number {
  if (typeof value === "boolean") {
    const word = format.booleans[value ? 1 : 0];
    return writeBytes(word, 0, word.length, at, format.cellBytes);
  }
  if (format.isPostgres) return -1;
  if (typeof value === "number") {
    if ((value | 0) === value) return writeInteger(columnBuffer.view, at, value);
    if (format.guardsNumbers) return -1;
    single[0] = value;
    return writeShortFloat(columnBuffer.view, at, single, 0, format.separator);
  }
  return value instanceof Date ? writeDate(value, at, format.isSpaced) : -1;
}

/** A number on its way to a function that reads it from an array. */
const single = new Float64Array(1);

function writeDate(date: Date, at: number, isSpaced: boolean): number {
  const milliseconds = date.getTime();
  const days = Math.floor(milliseconds / millisecondsPerDay);
  const end = writeInstant(columnBuffer.view, at, days, (milliseconds - days * millisecondsPerDay) | 0);
  return isSpaced ? withBlank(columnBuffer.view, at, end) : end;
}
