import { requireText } from "../check-arguments.ts";
import { wrongRange } from "../errors.ts";
import { didYouMean, notAmong } from "../similar-name.ts";
import { characterNames, readCharacter, type CharacterOption } from "./character-names.ts";
import type { DialectOptions, Formulas, NonFinite, Quoting, TextNumbers, Timestamps } from "./dialect.ts";

/** How one option of a dialect is written as text, in a query string or after a flag. */
export interface DialectTextOption<T> {
  /** Reads the text. @throws RangeError `SCSV_ARG_RANGE`, a sentence that lists what is allowed */
  readonly parse: (text: string) => T;
  /** What stands for the value in a help text: `CHAR`, `true|false`. */
  readonly placeholder: string;
  /** One line for a help text. */
  readonly description: string;
}

/** Every option of a dialect in its textual form, by its name in camelCase; flags are the same in kebab-case. */
export const dialectTextOptions: {
  readonly [K in keyof DialectOptions]-?: DialectTextOption<NonNullable<DialectOptions[K]>>;
} = {
  delimiter: {
    parse: (text) => character("delimiter", text),
    placeholder: "CHAR",
    description: "between cells: one character, or tab, comma, semicolon or pipe",
  },
  quote: {
    parse: (text) => character("quote", text),
    placeholder: "CHAR",
    description: "around cells that need it: one character, or double or single",
  },
  recordDelimiter: {
    parse: (text) => choice("recordDelimiter", text, { lf: "\n", crlf: "\r\n", "\n": "\n", "\r\n": "\r\n" }),
    placeholder: "lf|crlf",
    description: "what ends a row",
  },
  header: {
    parse: (text) => choice("header", text, { true: true, false: false }),
    placeholder: "true|false",
    description: "whether the first row holds the names of the columns",
  },
  bom: {
    parse: (text) => choice("bom", text, { true: true, false: false }),
    placeholder: "true|false",
    description: "whether the text begins with a byte order mark",
  },
  quoting: {
    parse: (text) => choice<Quoting>("quoting", text, { minimal: "minimal", strings: "strings", all: "all" }),
    placeholder: "minimal|strings|all",
    description: "which cells are quoted",
  },
  nullValue: {
    parse: (text) => text,
    placeholder: "TEXT",
    description: "what is written for null",
  },
  decimalSeparator: {
    parse: (text) => choice("decimalSeparator", text, { ".": ".", ",": ",", point: ".", comma: "," }),
    placeholder: ".|,",
    description: "before the fraction of a number",
  },
  nonFinite: {
    parse: (text) => choice<NonFinite>("nonFinite", text, { error: "error", text: "text", null: "null" }),
    placeholder: "error|text|null",
    description: "how NaN and infinities are written",
  },
  formulas: {
    parse: (text) =>
      choice<Formulas>("formulas", text, { allow: "allow", escape: "escape", reject: "reject" }),
    placeholder: "allow|escape|reject",
    description: "what to do with text that a spreadsheet would run as a formula",
  },
  timestamps: {
    parse: (text) => choice<Timestamps>("timestamps", text, { iso: "iso", space: "space" }),
    placeholder: "iso|space",
    description: "how timestamps are written: 2026-11-28T14:05:09.000Z, or 2026-11-28 14:05:09",
  },
  textNumbers: {
    parse: (text) => choice<TextNumbers>("textNumbers", text, { plain: "plain", formula: "formula" }),
    placeholder: "plain|formula",
    description: 'how numbers that a spreadsheet would damage are written: 00123, or ="00123"',
  },
};

/** The names of the options in {@link dialectTextOptions}, in their order. */
export const dialectOptionNames: readonly (keyof DialectOptions)[] = [
  "delimiter",
  "quote",
  "recordDelimiter",
  "header",
  "bom",
  "quoting",
  "nullValue",
  "decimalSeparator",
  "nonFinite",
  "formulas",
  "timestamps",
  "textNumbers",
];

/**
 * Reads one option into an object that holds it alone, to be spread beside others.
 * @throws RangeError `SCSV_ARG_RANGE`, a sentence that names the option, quotes the text and lists what is allowed
 */
export function parseDialectOption(name: keyof DialectOptions, text: string): DialectOptions {
  requireText("name", name);
  if (!dialectOptionNames.includes(name))
    throw wrongRange(notAmong(name, "an option of a dialect", dialectOptionNames));
  requireText(name, text);
  return { [name]: dialectTextOptions[name].parse(text) };
}

/** One character, or its name; which characters are allowed is decided where dialects are checked. */
function character(option: CharacterOption, text: string): string {
  const read = readCharacter(option, text);
  if (read !== undefined) return read;
  throw wrongRange(
    `${option} ${JSON.stringify(text)} isn't one character: write one, or its name: ${characterNames(option)}.`,
  );
}

/** The value a word stands for. */
function choice<T>(option: string, text: string, values: Readonly<Record<string, T>>): T {
  const value = Object.hasOwn(values, text) ? values[text] : undefined;
  if (value !== undefined) return value;
  const words = Object.keys(values).filter((word) => !/[\r\n]/.test(word));
  throw wrongRange(
    `${option} ${JSON.stringify(text)} isn't allowed: write ${words.join(" or ")}.${didYouMean(text, words)}`,
  );
}
