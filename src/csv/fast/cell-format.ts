import { isPostgres, type Dialect } from "../dialect.ts";

/** What the writers need to know of a dialect, computed once per encoder. */
export interface CellFormat {
  readonly dialect: Dialect;
  readonly delimiter: number;
  readonly quote: number;
  readonly separator: number;
  readonly recordDelimiter: Uint8Array;
  /** The null marker; a null that is alone in its row is written as an empty text, since readers skip empty lines. */
  readonly nullBytes: Uint8Array;
  /** The words for false and true. */
  readonly booleans: readonly [Uint8Array, Uint8Array];
  /** 1 for each character that makes quotes necessary, by its byte. */
  readonly special: Uint8Array;
  /** The same for long texts, as a search the engine does natively. */
  readonly specialPattern: RegExp;
  /** Whether texts are looked at for formulas or for numbers that a spreadsheet would damage. */
  readonly isGuarded: boolean;
  /** Whether formulas are looked for. */
  readonly guardsFormulas: boolean;
  /** Whether numbers that a spreadsheet would damage are looked for, among texts and among numbers. */
  readonly guardsNumbers: boolean;
  readonly quotesAll: boolean;
  readonly quotesText: boolean;
  readonly quotesEmpty: boolean;
  /** A text that is quoted although nothing in it needs it; none when empty. */
  readonly endOfData: string;
  /** The same in UTF-8. */
  readonly endOfDataBytes: Uint8Array;
  /** Whether a text may hold no NUL. */
  readonly refusesNul: boolean;
  /** Whether numbers, days and instants are written as PostgreSQL does. */
  readonly isPostgres: boolean;
  /** Whether instants have a blank for their `T`. */
  readonly isSpaced: boolean;
  /** Equal for formats that give equal cells; it is the key of encoded dictionaries. */
  readonly key: string;
  /** Whether numbers, dates and the like are neither quoted nor can be taken for the null marker. */
  readonly isPlain: boolean;
  /** The most that a null, or a cell of fixed size takes, quotes and what ends it included. */
  readonly cellBytes: number;
}

/** The most that a number, a date or a word takes, quotes and what ends it included. */
const mostFixedBytes = 48;

export function cellFormat(dialect: Dialect, columnCount: number): CellFormat {
  const special = new Uint8Array(256);
  for (const character of [dialect.delimiter, dialect.quote, "\r", "\n"])
    special[character.charCodeAt(0)] = 1;
  const utf8 = new TextEncoder();
  const [no, yes] = dialect.booleans;
  const isLone = columnCount === 1 && dialect.nullValue === "" && !isPostgres(dialect);
  const nullBytes = utf8.encode(isLone ? dialect.quote.repeat(2) : dialect.nullValue);
  const endOfData = isPostgres(dialect) && columnCount === 1 ? "\\." : "";
  return {
    dialect,
    delimiter: dialect.delimiter.charCodeAt(0),
    quote: dialect.quote.charCodeAt(0),
    separator: dialect.decimalSeparator.charCodeAt(0),
    recordDelimiter: utf8.encode(dialect.recordDelimiter),
    nullBytes,
    booleans: [utf8.encode(no), utf8.encode(yes)],
    special,
    specialPattern: new RegExp(`[${escaped(dialect.delimiter)}${escaped(dialect.quote)}\\r\\n]`),
    isGuarded: dialect.formulas !== "allow" || dialect.textNumbers === "formula",
    guardsFormulas: dialect.formulas !== "allow",
    guardsNumbers: dialect.textNumbers === "formula",
    quotesAll: dialect.quoting === "all",
    quotesText: dialect.quoting !== "minimal",
    quotesEmpty: !isPostgres(dialect) || dialect.nullValue === "",
    endOfData,
    endOfDataBytes: utf8.encode(endOfData),
    refusesNul: isPostgres(dialect),
    isPostgres: isPostgres(dialect),
    isSpaced: dialect.timestamps === "space",
    key: JSON.stringify([
      dialect.name === "postgres",
      columnCount === 1,
      dialect.delimiter,
      dialect.quote,
      dialect.quoting,
      dialect.nullValue,
      dialect.formulas,
      dialect.textNumbers,
    ]),
    isPlain: dialect.quoting !== "all" && nullBytes.length === 0,
    cellBytes: mostFixedBytes + nullBytes.length,
  };
}

/** A character as it is written in a character class of a regular expression. */
function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
