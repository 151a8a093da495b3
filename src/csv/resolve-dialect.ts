import { requireObject, requireText } from "../check-arguments.ts";
import { didYouMean } from "../similar-name.ts";
import { wrongRange, wrongType } from "../errors.ts";
import { isFormulaToCompute } from "./formula.ts";
import { dialects, type Dialect, type DialectName, type DialectOptions } from "./dialect.ts";

/** A preset to start from, and options that replace its own; a finished {@link Dialect} is one too. */
export interface NamedDialectOptions extends DialectOptions {
  /** @default "rfc4180" */
  readonly name?: DialectName;
  /** The words a preset uses; taken from the preset, whatever stands here. */
  readonly booleans?: readonly [string, string];
}

/**
 * Completes and checks a dialect: a preset's options, replaced by those of the object, replaced by the overrides.
 * An option that is `undefined` counts as absent.
 * @throws TypeError `SCSV_ARG_TYPE` when an option has the wrong type
 * @throws RangeError `SCSV_ARG_RANGE` when an option is unknown, or a value or combination isn't allowed
 */
export function resolveDialect(
  dialect: DialectName | NamedDialectOptions = "rfc4180",
  overrides: DialectOptions = {},
): Dialect {
  const named: NamedDialectOptions = typeof dialect === "string" ? { name: dialect } : dialect;
  if (typeof named !== "object" || named === null)
    throw wrongType(`dialect must be a name or an object, not ${quoted(dialect)}.`);
  const preset = presetNamed(named.name === undefined ? "rfc4180" : named.name);
  const resolved: Dialect = {
    ...preset,
    ...definedOptions(named),
    ...definedOptions(overrides),
    name: preset.name,
    booleans: preset.booleans,
  };
  for (const check of checks) check(resolved);
  return resolved;
}

/**
 * Checks a dialect that a caller made, perhaps of a preset and options of its own.
 * @throws TypeError `SCSV_ARG_TYPE` and RangeError `SCSV_ARG_RANGE` for an option that is missing or invalid
 */
export function checkDialect(dialect: Dialect): void {
  requireObject("dialect", dialect, ...Object.keys(dialects.rfc4180));
  presetNamed(dialect.name);
  const { booleans } = dialect;
  if (!Array.isArray(booleans) || booleans.length !== 2 || booleans.some((word) => typeof word !== "string"))
    throw wrongType("booleans in a dialect is a list of two texts.");
  for (const check of checks) check(dialect);
}

/** Whether a text names a preset. */
export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(dialects, name);
}

/** The preset of a name that may be anything. */
function presetNamed(name: string): Dialect {
  requireText("name of a dialect", name);
  if (!isDialectName(name))
    throw wrongRange(
      `dialect ${quoted(name)} is unknown: choose ${listed(Object.keys(dialects))}.${didYouMean(name, Object.keys(dialects))}`,
    );
  return dialects[name];
}

/** The options of an object that are set; an option no dialect has is refused, since it is most likely misspelt. */
function definedOptions(options: NamedDialectOptions): DialectOptions {
  const known = new Set<string>(Object.keys(dialects.rfc4180));
  const defined: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(options)) {
    if (!known.has(option))
      throw wrongRange(
        `${option} is not an option of a dialect. Use one of ${listed([...known])}.${didYouMean(option, known)}`,
      );
    if (value !== undefined) defined[option] = value;
  }
  return defined;
}

/** Letters, digits and what stands in numbers and dates; as a delimiter or quote they would cut those apart. */
const insideNumbers = /[0-9A-Za-z+\-.:\\ ]/;

const checks: readonly ((dialect: Dialect) => void)[] = [
  (dialect) => {
    checkCharacter("delimiter", dialect.delimiter);
    checkCharacter("quote", dialect.quote);
    if (dialect.delimiter === dialect.quote)
      throw wrongRange(`delimiter and quote are both ${quoted(dialect.quote)}: they must differ.`);
  },
  (dialect) => {
    checkOneOf("recordDelimiter", dialect.recordDelimiter, ["\n", "\r\n"]);
    checkOneOf("header", dialect.header, [true, false]);
    checkOneOf("bom", dialect.bom, [true, false]);
    checkOneOf("quoting", dialect.quoting, ["minimal", "strings", "all"]);
    checkOneOf("decimalSeparator", dialect.decimalSeparator, [".", ","]);
    checkOneOf("nonFinite", dialect.nonFinite, ["error", "text", "null"]);
    checkOneOf("formulas", dialect.formulas, ["allow", "escape", "reject"]);
    checkOneOf("timestamps", dialect.timestamps, ["iso", "space"]);
    checkOneOf("textNumbers", dialect.textNumbers, ["plain", "formula"]);
  },
  ({ decimalSeparator, delimiter, quote }) => {
    if (decimalSeparator === delimiter || decimalSeparator === quote)
      throw wrongRange(
        `decimalSeparator ${quoted(decimalSeparator)} is also the ${decimalSeparator === delimiter ? "delimiter" : "quote"}: choose another of the two.`,
      );
  },
  ({ booleans, delimiter, quote }) => {
    // They are written without quotes.
    const special = booleans.find((word) => [delimiter, quote, "\r", "\n"].some((one) => word.includes(one)));
    if (special !== undefined)
      throw wrongRange(
        `booleans in a dialect has ${quoted(special)}: a word without the delimiter, the quote and line breaks is needed.`,
      );
  },
  ({ nullValue, delimiter, quote }) => {
    if (typeof nullValue !== "string")
      throw wrongType(`nullValue must be a string, not ${quoted(nullValue)}.`);
    for (const forbidden of [delimiter, quote, "\r", "\n"]) {
      if (nullValue.includes(forbidden))
        throw wrongRange(
          `nullValue ${quoted(nullValue)} holds ${quoted(forbidden)}: it is written bare, so it may hold no delimiter, quote or line break.`,
        );
    }
  },
  ({ formulas, nullValue }) => {
    // It is written as it is, so that a guard of the cells alone would leave a formula.
    if (formulas !== "allow" && isFormulaToCompute(nullValue))
      throw wrongRange(
        `nullValue ${quoted(nullValue)} would be a formula in a spreadsheet, and formulas is ${quoted(formulas)}: choose another.`,
      );
  },
];

/** A delimiter or quote: one character of ASCII that stands in no number, word or date and ends no line. */
function checkCharacter(option: string, value: unknown): void {
  if (typeof value !== "string") throw wrongType(`${option} must be a string, not ${quoted(value)}.`);
  const code = value.length === 1 ? value.charCodeAt(0) : 0;
  if (code === 0 || code > 0x7e || value === "\r" || value === "\n" || insideNumbers.test(value))
    throw wrongRange(
      `${option} must be one ASCII character other than a letter, digit, space, line break or one of + - . : \\, not ${quoted(value)}.`,
    );
}

function checkOneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  const sentence = `${option} must be ${listed(allowed.map(quoted))}, not ${quoted(value)}.`;
  throw typeof value === typeof allowed[0] ? wrongRange(sentence) : wrongType(sentence);
}

/** A value as it would be written in code, for a message. */
function quoted(value: unknown): string {
  return typeof value === "string" || typeof value === "boolean" ? JSON.stringify(value) : String(value);
}

/** Words as a sentence has them: `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}
