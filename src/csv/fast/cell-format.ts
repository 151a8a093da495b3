import { isPostgres, type Dialect } from "../dialect.ts";

/** What a dialect comes down to when bytes are written; worked out once per encoder. */
export interface CellFormat {
  readonly dialect: Dialect;
  readonly delimiter: number;
  readonly quote: number;
  readonly separator: number;
  readonly recordDelimiter: Uint8Array;
  /** The null marker. */
  readonly nullBytes: Uint8Array;
  /** The words for false and true. */
  readonly booleans: readonly [Uint8Array, Uint8Array];
  /** 1 for each character that makes quotes necessary, by its byte. */
  readonly special: Uint8Array;
  /** The same for long texts, as a search the engine does natively. */
  readonly specialPattern: RegExp;
  readonly quotesAll: boolean;
  readonly quotesText: boolean;
  readonly quotesEmpty: boolean;
  /** Whether a null that is alone in its row is written as an empty text, so that the line isn't empty. */
  readonly quotesLoneNull: boolean;
  /** A text that is quoted although nothing in it needs it; none when empty. */
  readonly endOfData: string;
  /** Whether numbers and dates are written in a way that only `cellText` knows. */
  readonly isGeneral: boolean;
  /** What the text of a cell depends on: encoded dictionaries are kept by it. */
  readonly key: string;
  /** Bytes that are free behind any text, so that cells of fixed size needn't ask for room. */
  readonly slack: number;
}

/** The most that a cell of fixed size takes, quotes and delimiter included. */
const mostFixedBytes = 48;

export function cellFormat(dialect: Dialect, columnCount: number): CellFormat {
  const special = new Uint8Array(256);
  for (const character of [dialect.delimiter, dialect.quote, "\r", "\n"])
    special[character.charCodeAt(0)] = 1;
  const utf8 = new TextEncoder();
  const [no, yes] = dialect.booleans;
  const nullBytes = utf8.encode(dialect.nullValue);
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
    quotesAll: dialect.quoting === "all",
    quotesText: dialect.quoting !== "minimal",
    quotesEmpty: !isPostgres(dialect) || dialect.nullValue === "",
    quotesLoneNull: !isPostgres(dialect),
    endOfData: isPostgres(dialect) && columnCount === 1 ? "\\." : "",
    isGeneral: isPostgres(dialect),
    key: JSON.stringify([
      isPostgres(dialect) ? columnCount === 1 : undefined,
      dialect.delimiter,
      dialect.quote,
      dialect.quoting,
      dialect.nullValue,
      dialect.formulas,
    ]),
    slack: columnCount * (mostFixedBytes + nullBytes.length) + 16,
  };
}

/** A character as a class of a regular expression has it. */
function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
