import { didYouMean } from "../../similar-name.ts";
import { wrongRange, wrongType } from "../../errors.ts";

/** Checks a setting. @throws TypeError `SCSV_ARG_TYPE` or RangeError `SCSV_ARG_RANGE`, which name it and quote its value */
export type SettingCheck = (name: string, value: unknown) => void;

/** Checks an object that has these fields and no others. */
export function fields(name: string, value: unknown, known: Readonly<Record<string, SettingCheck>>): void {
  if (!isObject(value)) throw wrongType(`${name} is ${quotedValue(value)}; it takes an object.`);
  const prefix = name === "" ? "" : `${name}.`;
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(known, field));
  if (unknown !== undefined)
    throw wrongRange(
      `"${prefix}${unknown}" is not a setting. There are ${Object.keys(known).join(", ")}.${didYouMean(unknown, Object.keys(known))}`,
    );
  for (const [field, check] of Object.entries(known)) check(prefix + field, value[field]);
}

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A whole number within bounds. */
export function whole(least: number, most: number): SettingCheck {
  return (name, value) => {
    if (typeof value !== "number") throw wrongType(`${name} is ${quotedValue(value)}; it takes a number.`);
    const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
    if (!Number.isSafeInteger(value) || value < least || value > most)
      throw wrongRange(`${name} is ${value}; it takes a whole number, ${bounds}.`);
  };
}

/** One of some names. */
export function oneOf(names: readonly string[]): SettingCheck {
  return (name, value) => {
    if (typeof value !== "string") throw wrongType(`${name} is ${quotedValue(value)}; it takes text.`);
    if (!names.includes(value))
      throw wrongRange(
        `${name} is ${quotedValue(value)}; it takes ${names.join(" or ")}.${didYouMean(value, names)}`,
      );
  };
}

/** A text that is not empty. */
export function someText(name: string, value: unknown): void {
  if (typeof value !== "string") throw wrongType(`${name} is ${quotedValue(value)}; it takes text.`);
  if (value === "") throw wrongRange(`${name} is empty; it takes text.`);
}

/** A name of its own, or an address, whose text isn't quoted: it may hold a password. */
export function address(own: string | null, schemes: readonly string[], example: string): SettingCheck {
  const takes = own === null ? `an address, such as ${example}` : `${own}, or an address such as ${example}`;
  return (name, value) => {
    if (typeof value !== "string") throw wrongType(`${name} is ${quotedValue(value)}; it takes ${takes}.`);
    if (value === own) return;
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !schemes.includes(url.protocol) || url.host === "")
      throw wrongRange(`${name} can't be used; it takes ${takes}.`);
  };
}

/** A list whose items pass a check. */
export function listOf(check: SettingCheck): SettingCheck {
  return (name, value) => {
    if (!Array.isArray(value)) throw wrongType(`${name} is ${quotedValue(value)}; it takes a list.`);
    for (const [index, item] of value.entries()) check(`${name}[${index}]`, item);
  };
}

/** True or false. */
export function truth(name: string, value: unknown): void {
  if (typeof value !== "boolean")
    throw wrongType(`${name} is ${quotedValue(value)}; it takes true or false.`);
}

/** Null, or what passes a check. */
export function orNull(check: SettingCheck): SettingCheck {
  return (name, value) => {
    if (value !== null) check(name, value);
  };
}

/** A value as messages have it. */
export function quotedValue(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
