import { textOf, wrongRange, wrongType } from "./errors.ts";
import { didYouMean } from "./similar-name.ts";

/**
 * Checks that options are an object with only known names, because an unknown name is most likely a misspelling.
 * @param caller the function that takes the options, such as `csvChunks()`
 * @throws TypeError `SCSV_ARG_TYPE` if it is not an object; RangeError `SCSV_ARG_RANGE` for an unknown name
 */
export function checkOptionNames(caller: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw wrongType(`The options of ${caller} must be an object, not ${kindOf(options)}.`);
  for (const name of Object.keys(options)) {
    if (!names.includes(name))
      throw wrongRange(`${caller} has no option "${name}".${meant(name, names)} It has ${names.join(", ")}.`);
  }
}

/** The name that was probably meant: a similar one, or one of which only the beginning was written, as `status`. */
function meant(name: string, names: readonly string[]): string {
  const longer = name.length < 4 ? undefined : names.find((known) => known.startsWith(name));
  return longer === undefined ? didYouMean(name, names) : ` Did you mean "${longer}"?`;
}

/** The options of those names that are set, for a function that has fewer options than its caller. */
export function pickOptions<T extends object, K extends keyof T>(
  options: T,
  names: readonly K[],
): Pick<T, K> {
  const set = names.filter((name) => options[name] !== undefined);
  return Object.fromEntries(set.map((name) => [name, options[name]])) as Pick<T, K>;
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

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is a function */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(`${name} is a function, not ${kindOf(value)}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is true or false */
export function requireFlag(name: string, value: unknown): void {
  if (typeof value !== "boolean") throw wrongType(`${name} is true or false, not ${kindOf(value)}.`);
}

/**
 * @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is a number; RangeError `SCSV_ARG_RANGE` for a negative
 *   one
 */
export function requireFromZero(name: string, value: unknown): void {
  if (typeof value !== "number") throw wrongType(`${name} is a number from 0, not ${kindOf(value)}.`);
  if (!(value >= 0)) throw wrongRange(`${name} is a number from 0, not ${value}.`);
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the value is a clock */
export function requireClock(clock: unknown): void {
  requireMethods("clock", clock, "nowMs", "wallMs");
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the value is an AbortSignal, of whatever realm or package */
export function requireSignal(signal: unknown): void {
  if (signal instanceof AbortSignal) return;
  const isSignal = typeof signal === "object" && signal !== null && "aborted" in signal;
  if (!isSignal) throw wrongType(`signal is an AbortSignal, not ${kindOf(signal)}.`);
  requireMethods("signal", signal, "addEventListener", "removeEventListener");
}

/** @throws TypeError `SCSV_ARG_TYPE` unless the argument of that name is an object with these methods */
export function requireMethods(name: string, value: unknown, ...methods: readonly string[]): void {
  requireObject(name, value, ...methods);
  for (const method of methods)
    if (typeof Reflect.get(value as object, method) !== "function")
      throw wrongType(`${name} is an object with the method ${method}(), which is missing.`);
}

/** A short text of a value for messages: the kind of an object, any other value as it is written. */
function kindOf(value: unknown): string {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return textOf(value);
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : "a function";
}
