import { csvRowOf, readCsvRow } from "../csv/read-csv-row.ts";
import { toError } from "../errors.ts";
import { didYouMean } from "../similar-name.ts";
import { readParameterText, type ParameterType } from "./parameter-type.ts";

/** A value of a parameter: texts in the one form of their type, several for a list, and null for NULL. */
export type ParameterValue = string | readonly string[] | null;

/** The values of an export's own parameters by name. Plain data. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** A value as a configuration may write it. */
export type GivenValue = string | number | bigint | boolean;

/** What a configuration says of one parameter of an export. Plain data. */
export interface ParameterOptions {
  readonly type: ParameterType;
  /** Shown to people. */
  readonly description?: string;
  /** Taken where a request gives none. */
  readonly default?: GivenValue | readonly GivenValue[];
  /** Whether a request may leave it out; it is NULL then. @default false */
  readonly optional?: boolean;
  /** The only values that are allowed. */
  readonly oneOf?: readonly GivenValue[];
  /** Whether it has any number of values, which are an array in SQL. @default false */
  readonly list?: boolean;
}

/** A parameter of an export, checked. Plain data. */
export interface DeclaredParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly description: string | null;
  /** Null where a request must give a value, or may leave it out. */
  readonly default: ParameterValue;
  readonly optional: boolean;
  readonly oneOf: readonly string[] | null;
  readonly list: boolean;
}

/** What {@link readParameterValue} needs to know of a parameter. */
type ValueRules = Pick<DeclaredParameter, "type" | "oneOf" | "list">;

/**
 * Reads the texts that a request gives for a parameter: one, or for a list any number, of which a single one is a CSV row.
 * @throws RangeError that quotes a text and says what is allowed
 */
export function readParameterValue(rules: ValueRules, texts: readonly string[]): string | readonly string[] {
  const [first = "", ...others] = texts;
  if (rules.list) return (others.length === 0 ? itemsIn(first) : texts).map((text) => readItem(rules, text));
  if (others.length > 0)
    throw new RangeError(`it is given twice, the second time as ${JSON.stringify(others[0])}; give it once.`);
  return readItem(rules, first);
}

/** The texts that {@link readParameterValue} reads as these items of a list, whatever they hold. */
export function textsOfItems(items: readonly string[]): readonly string[] {
  return items.length === 1 ? items.map(csvRowOf) : items;
}

/** Reads one value; of a list, one of its items. @throws RangeError */
export function readItem({ type, oneOf }: Omit<ValueRules, "list">, text: string): string {
  const value = readParameterText(type, text);
  if (oneOf !== null && !oneOf.includes(value))
    throw new RangeError(
      `${JSON.stringify(text)} is not allowed. Use one of ${oneOf.join(", ")}.${didYouMean(text, oneOf)}`,
    );
  return value;
}

function itemsIn(text: string): readonly string[] {
  try {
    return readCsvRow(text);
  } catch (error) {
    throw new RangeError(
      `${JSON.stringify(text)} is not a list: ${toError(error).message}. Write one CSV row, or repeat the parameter.`,
      { cause: error },
    );
  }
}
