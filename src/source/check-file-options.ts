import { wrongRange, wrongType } from "../errors.ts";
import { fileKindOf, isJsonEnding, type FileEnding } from "./file-endings.ts";
import { fileEncodings, type FileOptions } from "./file-options.ts";

/** Options of files of CSV alone, beside the encoding, which files of JSON have too. */
const csvOptions = ["delimiter", "quote", "header", "nullValue", "skipRows"] as const;

/** The options that a file takes, by its name; none for a file of no known kind. */
export function optionsTakenBy(path: string): readonly (keyof FileOptions)[] {
  const kind = fileKindOf(path);
  return kind === undefined ? [] : optionsOf(kind.ending);
}

function optionsOf(ending: FileEnding): readonly (keyof FileOptions)[] {
  if (ending === ".csv" || ending === ".tsv") return [...csvOptions, "encoding"];
  return isJsonEnding(ending) ? ["encoding"] : [];
}

/**
 * Checks options of a file, one by one and against each other.
 * @throws TypeError `SCSV_ARG_TYPE` when an option has the wrong type
 * @throws RangeError `SCSV_ARG_RANGE` when a value or combination isn't allowed, or files of this ending have no such option
 */
export function checkFileOptions(options: FileOptions, ending: FileEnding): void {
  const known = optionsOf(ending);
  for (const option of [...csvOptions, "encoding"] as const)
    if (options[option] !== undefined && !known.includes(option))
      throw meaninglessOption(option, option === "encoding" ? "CSV and JSON" : "CSV", ending);
  const { delimiter, quote, header, encoding, nullValue, skipRows } = options;
  if (delimiter !== undefined) checkDelimiter(delimiter);
  if (quote !== undefined && quote !== null) checkQuote(quote);
  if (delimiter !== undefined && delimiter === quote)
    throw wrongRange(`delimiter and quote are both ${JSON.stringify(quote)}: they must differ.`);
  if (ending === ".tsv" && delimiter === undefined && quote === "\t")
    throw wrongRange("quote is a tab, which divides the cells of a .tsv file: choose another.");
  if (header !== undefined && typeof header !== "boolean")
    throw wrongType(`header must be true or false, not ${quoted(header)}.`);
  if (encoding !== undefined && !fileEncodings.includes(encoding)) throw wrongEncoding(encoding);
  if (nullValue !== undefined) checkNullValue(nullValue, options);
  if (skipRows !== undefined && typeof skipRows !== "number")
    throw wrongType(`skipRows must be a number, not ${quoted(skipRows)}.`);
  if (skipRows !== undefined && (!Number.isSafeInteger(skipRows) || skipRows < 0))
    throw wrongRange(`skipRows must be a whole number from 0 on, not ${skipRows}.`);
}

/** The refusal of an option that files of this ending don't have; `kinds` are the files that have it. */
export function meaninglessOption(option: string, kinds: string, ending: FileEnding): RangeError {
  return wrongRange(
    `${option} is an option of ${kinds} files, and means nothing for a file that ends in ${ending}: leave it out.`,
  );
}

/** Whether a character can divide cells: one of ASCII that no word or number has, and that ends no line. */
export function isDelimiter(text: string): boolean {
  return text.length === 1 && text > "\0" && text <= "~" && !/[0-9A-Za-z\r\n]/.test(text);
}

function checkDelimiter(delimiter: unknown): void {
  if (typeof delimiter !== "string") throw wrongType(`delimiter must be a string, not ${quoted(delimiter)}.`);
  if (!isDelimiter(delimiter))
    throw wrongRange(
      `delimiter must be one ASCII character other than a letter, digit or line break, not ${quoted(delimiter)}.`,
    );
}

function checkQuote(quote: unknown): void {
  if (typeof quote !== "string") throw wrongType(`quote must be a string or null, not ${quoted(quote)}.`);
  if (!isDelimiter(quote) || quote === " ")
    throw wrongRange(
      `quote must be one ASCII character other than a letter, digit, blank or line break, or null, not ${quoted(quote)}.`,
    );
}

function checkNullValue(nullValue: unknown, { delimiter, quote = '"' }: FileOptions): void {
  if (typeof nullValue !== "string") throw wrongType(`nullValue must be a string, not ${quoted(nullValue)}.`);
  if (/[\r\n]/.test(nullValue) || (delimiter !== undefined && nullValue.includes(delimiter)))
    throw wrongRange(
      `nullValue ${quoted(nullValue)} holds a delimiter or line break, so no unquoted cell can equal it.`,
    );
  if (quote !== null && nullValue.trimStart().startsWith(quote))
    throw wrongRange(`nullValue ${quoted(nullValue)} begins with a quote, so no unquoted cell can equal it.`);
}

function wrongEncoding(encoding: unknown): Error {
  const sentence = `encoding must be one of ${fileEncodings.join(", ")}, not ${quoted(encoding)}.`;
  return typeof encoding === "string" ? wrongRange(sentence) : wrongType(sentence);
}

function quoted(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
