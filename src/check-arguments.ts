import { textOf, wrongRange, wrongType } from "./errors.ts";

/**
 * Checks that options are an object with only known names, because an unknown name is most likely a misspelling.
 * @param caller the function that takes the options, such as `csvChunks()`
 * @throws TypeError `SCSV_ARG_TYPE` if it is not an object; RangeError `SCSV_ARG_RANGE` for an unknown name
 */
export function checkOptionNames(caller: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null)
    throw wrongType(`The options of ${caller} must be an object, not ${textOf(options)}.`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw wrongRange(`${caller} has no option "${unknown}". It has ${names.join(", ")}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is text */
export function requireText(name: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw wrongType(`${name} is text, not ${kindOf(value)}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is an object that has these fields */
export function requireObject(name: string, value: unknown, ...fields: readonly string[]): void {
  if (typeof value !== "object" || value === null)
    throw wrongType(`${name} is an object, not ${kindOf(value)}.`);
  const missing = fields.find((field) => !(field in value));
  if (missing !== undefined)
    throw wrongType(`${name} is an object with the field "${missing}", which is missing.`);
}

/** A short text of a value for messages: the kind of an object, any other value as it is written. */
function kindOf(value: unknown): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return textOf(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : "a function";
}
