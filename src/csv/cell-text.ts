import { StreamCsvError, toError } from "../errors.ts";
import { isPostgres, type Dialect } from "./dialect.ts";
import { bytesText } from "./bytes-text.ts";
import { isFormula } from "./formula.ts";
import { isFragileNumber, isLongWholeNumber, textFormula } from "./text-number.ts";
import { instantText, spacedInstantText } from "./iso-time.ts";
import { bytesOf, jsonTextOf, jsonValue } from "./json-text.ts";
import {
  postgresArray,
  postgresDay,
  postgresFloat,
  postgresInstant,
  postgresInterval,
  postgresSingle,
} from "./postgres-text.ts";
import {
  ArrayValue,
  DayValue,
  DecimalValue,
  InstantValue,
  IntervalValue,
  JsonTextValue,
  NumberTextValue,
  SingleValue,
  WrittenValue,
} from "./value.ts";

/** Where a cell stands, for messages; `row` counts from 1, and is absent for the header row. */
export interface CellPlace {
  readonly row?: number;
  readonly column: string;
}

/**
 * The text of any value in a dialect, before quoting and the formula guard; null for the null marker. Every rule about how
 * values become text is in this file or in its imports.
 * @throws StreamCsvError `SCSV_INVALID_DATE`, `SCSV_NON_FINITE`, `SCSV_NO_TEXT`, with row and column
 */
export function cellText(value: unknown, dialect: Dialect, place: CellPlace): string | null {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return numberText(value, dialect, place);
    case "bigint":
      return String(value);
    case "boolean":
      return dialect.booleans[value ? 1 : 0];
    case "object":
      return value === null ? null : objectText(value, dialect, place);
    // Neither a function nor a symbol has JSON.
    case "undefined":
    case "function":
    case "symbol":
    default:
      return null;
  }
}

/**
 * A value in a form that the rules for cells know. If an object's `toJSON()` returns text, a number, a boolean or null, that
 * is its value; ids, decimals and dates of libraries do so. Any other object becomes its JSON, a {@link WrittenValue}.
 * @throws StreamCsvError `SCSV_NO_TEXT`, with row and column, for an object that has no JSON
 */
export function cellValue(value: unknown, place: CellPlace): unknown {
  if (typeof value !== "object" || value === null || isCellKind(value)) return value;
  try {
    if (Object.prototype.toString.call(value) === "[object Date]")
      return new InstantValue(Number(value), "ms", true);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return bytes;
    const given = jsonValue(value, "");
    if (typeof given !== "object" || given === null) return given;
    return new WrittenValue(jsonTextOf(given) ?? "");
  } catch (cause) {
    const reason = toError(cause).message;
    throw new StreamCsvError("SCSV_NO_TEXT", `${placeText(place)} can't be written as JSON: ${reason}.`, {
      ...place,
      cause,
    });
  }
}

/** The classes of objects that have a text of their own. */
function isCellKind(value: object): boolean {
  return (
    value instanceof Date ||
    value instanceof InstantValue ||
    value instanceof DayValue ||
    value instanceof DecimalValue ||
    value instanceof SingleValue ||
    value instanceof IntervalValue ||
    value instanceof ArrayValue ||
    value instanceof NumberTextValue ||
    value instanceof JsonTextValue ||
    value instanceof WrittenValue ||
    value instanceof Uint8Array
  );
}

/**
 * Makes a text safe for spreadsheets if the dialect asks for it: one that they would run as a formula, and one that they
 * would damage as a number. Any other text stays the same.
 * @throws StreamCsvError `SCSV_FORMULA` when the dialect rejects formulas, `SCSV_NO_TEXT` for a NUL in PostgreSQL's dialect
 */
export function guardedText(text: string, dialect: Dialect, place: CellPlace): string {
  if (isPostgres(dialect) && text.includes("\0")) throw nulIn(place);
  if (dialect.formulas === "allow" || !isFormula(text))
    return dialect.textNumbers === "formula" && isFragileNumber(text) ? textFormula(text) : text;
  if (dialect.formulas === "escape") return `'${text}`;
  throw new StreamCsvError(
    "SCSV_FORMULA",
    `${placeText(place)} begins like a formula: ${JSON.stringify(text.slice(0, 40))}.`,
    place,
  );
}

/** The text of a value, as a formula if the value is a number of which a spreadsheet would lose digits and the dialect asks for it. */
export function guardedNumber(text: string, value: unknown, dialect: Dialect): string {
  const isGuarded = dialect.textNumbers === "formula" && isNumber(value) && isLongWholeNumber(text);
  return isGuarded ? textFormula(text) : text;
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === "number" ||
    typeof value === "bigint" ||
    value instanceof DecimalValue ||
    value instanceof SingleValue ||
    value instanceof NumberTextValue
  );
}

function objectText(value: object, dialect: Dialect, place: CellPlace): string | null {
  if (value instanceof Date) return instant(new InstantValue(value.getTime(), "ms", true), dialect, place);
  if (value instanceof InstantValue) return instant(value, dialect, place);
  if (value instanceof DayValue) return isPostgres(dialect) ? postgresDay(value.days) : value.toString();
  if (value instanceof DecimalValue) return withSeparator(value.toString(), dialect);
  if (value instanceof SingleValue) return numberText(value.value, dialect, place, true);
  if (value instanceof IntervalValue) return isPostgres(dialect) ? postgresInterval(value) : value.toString();
  if (value instanceof ArrayValue)
    return isPostgres(dialect)
      ? postgresArray(value.items.map((item) => itemText(item, dialect, place)))
      : (jsonTextOf(value) ?? null);
  if (value instanceof NumberTextValue) return withSeparator(value.text, dialect);
  if (value instanceof JsonTextValue || value instanceof WrittenValue) {
    if (isPostgres(dialect) && value.text.includes("\0")) throw nulIn(place);
    return value.text;
  }
  if (value instanceof Uint8Array) return hexadecimal(value, place);
  return cellText(cellValue(value, place), dialect, place);
}

/** A string has fewer characters than the digits of 256 MiB. */
function hexadecimal(bytes: Uint8Array, place: CellPlace): string {
  try {
    return bytesText(bytes);
  } catch (cause) {
    throw new StreamCsvError(
      "SCSV_NO_TEXT",
      `${placeText(place)} holds ${bytes.length} bytes, too many to be written as hexadecimal.`,
      { ...place, cause, hint: "Leave the column out, or keep such bytes in files of their own." },
    );
  }
}

/** An array's separator for decimals is always the point. */
function itemText(item: unknown, dialect: Dialect, place: CellPlace): string | null {
  const text = cellText(item, { ...dialect, decimalSeparator: "." }, place);
  return text === null
    ? null
    : guardedText(text, { ...dialect, formulas: "allow", textNumbers: "plain" }, place);
}

/** PostgreSQL's text can't hold it: COPY refuses it, and psql's `\copy` keeps what stands before. */
export function nulIn(place: CellPlace): StreamCsvError {
  return new StreamCsvError(
    "SCSV_NO_TEXT",
    `${placeText(place)} holds a NUL character, which PostgreSQL can't store in text.`,
    { ...place, hint: "Remove the NUL, or choose another dialect." },
  );
}

function numberText(value: number, dialect: Dialect, place: CellPlace, isSingle = false): string | null {
  if (Number.isFinite(value)) {
    const write = isPostgres(dialect) ? (isSingle ? postgresSingle : postgresFloat) : String;
    return withSeparator(write(value), dialect);
  }
  if (dialect.nonFinite === "null") return null;
  if (dialect.nonFinite === "text") return String(value);
  throw new StreamCsvError(
    "SCSV_NON_FINITE",
    `${placeText(place)} is ${value}, which most readers of CSV can't read.`,
    place,
  );
}

function instant({ ticks, unit, isZoned }: InstantValue, dialect: Dialect, place: CellPlace): string {
  const text =
    dialect.timestamps === "iso"
      ? instantText(ticks, unit)
      : isPostgres(dialect)
        ? postgresInstant(ticks, unit, isZoned)
        : spacedInstantText(ticks, unit);
  if (text !== null) return text;
  throw new StreamCsvError("SCSV_INVALID_DATE", `${placeText(place)} is an invalid date.`, place);
}

function withSeparator(text: string, dialect: Dialect): string {
  return dialect.decimalSeparator === "." ? text : text.replace(".", dialect.decimalSeparator);
}

/** The beginning of a message: `Row 3, column "price",`. */
function placeText({ row, column }: CellPlace): string {
  return row === undefined
    ? `The header ${JSON.stringify(column)}`
    : `Row ${row}, column ${JSON.stringify(column)},`;
}
