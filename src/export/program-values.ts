import type { DeclaredParameter, ParameterValue, ParameterValues } from "./declared-parameter.ts";
import type { ParameterType } from "./parameter-type.ts";

/** A value as a program gets it. */
export type ProgramValue = number | bigint | boolean | string | null;

/** The values of parameters as a program gets them, by name. */
export type ProgramValues = Readonly<Record<string, ProgramValue | readonly ProgramValue[]>>;

/**
 * The values of parameters as JavaScript has them: an integer as a number, or as a bigint beyond 2^53 − 1; true and false;
 * decimals, dates, timestamps, UUIDs and texts as text, so that no digit is lost; a list as an array; null where an optional
 * one is absent.
 */
export function programValues(
  declared: readonly DeclaredParameter[],
  values: ParameterValues,
): ProgramValues {
  return Object.fromEntries(
    declared.map(({ name, type }) => [name, programValue(type, values[name] ?? null)]),
  );
}

function programValue(type: ParameterType, value: ParameterValue): ProgramValue | readonly ProgramValue[] {
  if (value === null) return null;
  return typeof value === "string" ? one(type, value) : value.map((item) => one(type, item));
}

function one(type: ParameterType, text: string): ProgramValue {
  if (type === "boolean") return text === "true";
  if (type !== "integer") return text;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
