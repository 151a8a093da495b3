import { didYouMean } from "../../src/ground.ts";
import { safeParse, type BaseIssue, type GenericSchema } from "valibot";

/**
 * Checks a configuration.
 * @throws RangeError that names the file and the path, quotes the value and says what is allowed
 */
export function checkConfiguration<T>(schema: GenericSchema<unknown, T>, value: unknown, file: string): T {
  requireNoLists(value, file);
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.output;
  throw new RangeError(sentence(schema, deepest(parsed.issues[0]), file));
}

/** Refuses lists in the place of objects, which valibot takes for objects with the keys 0, 1, … */
function requireNoLists(value: unknown, file: string): void {
  if (Array.isArray(value))
    throw new RangeError(`The configuration "${file}" is ${quoted(value)}; it takes an object.`);
  for (const [group, settings] of Object.entries(value ?? {}))
    if (Array.isArray(settings) && group !== "tokens")
      throw new RangeError(`"${group}" in "${file}" is ${quoted(settings)}; it takes an object.`);
}

/** Of a union, the issue of the alternative that came furthest. */
function deepest(issue: BaseIssue<unknown>): BaseIssue<unknown> {
  const first = (issue.issues ?? []).find(({ path }) => path !== undefined);
  return first === undefined
    ? issue
    : { ...first, path: [...(issue.path ?? []), ...(first.path ?? [])] as never };
}

function sentence(schema: GenericSchema, issue: BaseIssue<unknown>, file: string): string {
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const place =
    keys.length === 0 ? `The configuration "${file}"` : `${JSON.stringify(keys.join("."))} in "${file}"`;
  if (issue.expected === "never") {
    const names = namesAt(schema, keys.slice(0, -1));
    const group = keys.length === 1 ? "A configuration" : JSON.stringify(keys.slice(0, -1).join("."));
    return `${place} is not a setting. ${group} takes ${names.join(", ")}.${didYouMean(keys.at(-1) ?? "", names)}`;
  }
  if (issue.received === "undefined") return `${place} is missing; it takes ${allowed(issue.expected)}.`;
  const takes = issue.message.startsWith("it takes ") ? issue.message : `it takes ${allowed(issue.expected)}`;
  return `${place} ${keys.at(-1) === "secret" ? "can't be used" : `is ${quoted(issue.input)}`}; ${takes}.`;
}

/** The names of an object of the schema. */
function namesAt(schema: unknown, keys: readonly string[]): readonly string[] {
  let at = schema as Readonly<Record<string, unknown>> | undefined;
  for (const key of keys) {
    at = unwrapped(at);
    const entries = at?.["entries"] as Readonly<Record<string, unknown>> | undefined;
    at = (entries === undefined ? at?.["value"] : entries[key]) as typeof at;
  }
  return Object.keys((unwrapped(at)?.["entries"] as object | undefined) ?? {}).filter(
    (name) => name !== "$schema",
  );
}

/** The schema inside `optional()`. */
function unwrapped(
  schema: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  return schema?.["type"] === "optional" ? unwrapped(schema["wrapped"] as typeof schema) : schema;
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  bigint: "",
  boolean: "true or false",
  true: "true",
  Object: "an object",
  Array: "a list",
  Function: "a function",
  integer: "a whole number",
};

/** What valibot expects, in words: `("a" | "b")` becomes `"a" or "b"`. */
function allowed(expected: string | null): string {
  const parts = (expected ?? "another value").replaceAll(/[()]/g, "").split(" | ");
  return parts
    .map((part) => words[part] ?? part)
    .filter((part) => part !== "")
    .join(" or ");
}

function quoted(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  return typeof value === "function" ? "a function" : JSON.stringify(value);
}
