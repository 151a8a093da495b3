import { withoutUserInfo } from "../without-user-info.ts";

/** A value of a configuration may be large or contain itself: no more than this of it is in a message. */
const mostDepth = 4;
const mostItems = 10;
const mostLetters = 200;

/** A value as messages have it, without user and password of a URL; whole numbers keep all their digits. */
export function quoteValue(value: unknown, depth = 0): string {
  if (typeof value === "string") return quoteText(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === mostDepth) return "…";
  return Array.isArray(value)
    ? `[${joined(value, (item) => quoteValue(item, depth + 1))}]`
    : `{${joined(Object.entries(value), ([name, field]) => `${quoteText(name)}:${quoteValue(field, depth + 1)}`)}}`;
}

/** What a value is, in words, where the value itself may be a secret. */
export function kindOfValue(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const kind = typeof value;
  return kinds[kind] ?? kind;
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  bigint: "a number",
  boolean: "true or false",
  object: "an object",
  function: "a function",
};

function quoteText(text: string): string {
  // In a value that is a whole URL, the password may hold blanks and quotes too.
  const shown = withoutUserInfo(text.replace(/^([a-z][a-z\d+.-]*:\/\/).*@/is, "$1…@"));
  return JSON.stringify(shown.length > mostLetters ? `${shown.slice(0, mostLetters)}…` : shown);
}

function joined<T>(items: readonly T[], textOf: (item: T) => string): string {
  const shown = items.slice(0, mostItems).map(textOf);
  return [...shown, ...(items.length > mostItems ? ["…"] : [])].join(",");
}
