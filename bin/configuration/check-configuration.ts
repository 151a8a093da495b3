import { didYouMean } from "../../src/ground.ts";
import { safeParse, type BaseIssue, type GenericSchema } from "valibot";
import { withoutUserInfo } from "../without-user-info.ts";
import { kindOfValue, quoteValue } from "./quote-value.ts";
import { mayHoldSecret } from "./secret-places.ts";

/**
 * Checks a configuration.
 * @throws RangeError that names the file and the path, says what is allowed, and quotes the value where it can't be a secret
 */
export function checkConfiguration<T>(schema: GenericSchema<unknown, T>, value: unknown, file: string): T {
  for (const { keys, object, node } of objectsOf(schema, value)) {
    if (!takesObject(node)) continue;
    if (Array.isArray(object)) throw new RangeError(`${valueIs(keys, object, file)}; it takes an object.`);
    const lost = Object.keys(object).find((name) => node.entries === undefined && lostNames.has(name));
    if (lost !== undefined)
      throw new RangeError(
        `${placeOf([...keys, lost], file)} can't have this name, which JavaScript has for itself. Use another one.`,
      );
  }
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const sentence = sentenceOf(schema, deepest(parsed.issues[0]), { value, file });
  throw new RangeError(withoutUserInfo(sentence));
}

/** What is checked, for messages. */
interface Checked {
  readonly value: unknown;
  readonly file: string;
}

/** A schema of valibot, as far as it is looked into here. */
interface SchemaNode {
  readonly expects?: string;
  readonly wrapped?: SchemaNode;
  readonly entries?: Readonly<Record<string, SchemaNode>>;
  readonly value?: SchemaNode;
  readonly item?: SchemaNode;
}

/** An object or a list of the configuration, and its schema. */
interface CheckedObject {
  readonly keys: readonly string[];
  readonly object: object;
  readonly node: SchemaNode;
}

/** The objects and lists whose schema is known, from the outside in. */
function* objectsOf(
  schema: unknown,
  value: unknown,
  keys: readonly string[] = [],
): Generator<CheckedObject, void, undefined> {
  const node = unwrapped(schema as SchemaNode);
  if (typeof value !== "object" || value === null || node === undefined) return;
  yield { keys, object: value, node };
  for (const [name, field] of Object.entries(value))
    yield* objectsOf(Array.isArray(value) ? node.item : fieldOf(node, name), field, [...keys, name]);
}

/** Whether a schema is that of an object. valibot takes a list for one, with the keys 0, 1, … */
function takesObject({ entries, value }: SchemaNode): boolean {
  return entries !== undefined || value !== undefined;
}

/** Names that valibot drops from an object of any names, without a word. */
const lostNames: ReadonlySet<string> = new Set(["__proto__", "prototype", "constructor"]);

/** Of a union, the issue of the alternative that came furthest. */
function deepest(issue: BaseIssue<unknown>): BaseIssue<unknown> {
  const first = (issue.issues ?? []).find(({ path }) => path !== undefined);
  return first === undefined
    ? issue
    : { ...first, path: [...(issue.path ?? []), ...(first.path ?? [])] as never };
}

function sentenceOf(schema: GenericSchema, issue: BaseIssue<unknown>, { value, file }: Checked): string {
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const [group, name] = [keys.slice(0, -1), keys.at(-1) ?? ""];
  if (issue.expected === "never") {
    const names = namesAt(schema, group);
    const owner = group.length === 0 ? "A configuration" : JSON.stringify(group.join("."));
    return `${placeOf(keys, file)} is not a setting. ${owner} takes ${names.join(", ")}.${didYouMean(name, names)}`;
  }
  if (issue.received === "undefined") {
    const takes = allowed(nodeAt(schema, keys)?.expects ?? issue.expected);
    return `${placeOf(keys, file)} is missing; it takes ${takes}.${unknownBeside(schema, group, value)}`;
  }
  const takes = issue.message.startsWith("it takes ") ? issue.message : `it takes ${allowed(issue.expected)}`;
  const isOtherKind = issue.kind === "schema" && words[issue.expected ?? ""] !== undefined;
  if (mayHoldSecret(keys) && !isOtherKind) return `${placeOf(keys, file)} can't be used; ${takes}.`;
  return `${valueIs(keys, issue.input, file)}; ${takes}.`;
}

/** A sentence on a name beside one that is missing, which is most likely that one misspelt. */
function unknownBeside(schema: GenericSchema, group: readonly string[], value: unknown): string {
  const names = namesAt(schema, group);
  const object = group.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], value);
  const unknown = Object.keys(object ?? {}).find((name) => !names.includes(name));
  return unknown === undefined
    ? ""
    : ` ${JSON.stringify(unknown)} beside it is not a setting.${didYouMean(unknown, names)}`;
}

function placeOf(keys: readonly string[], file: string): string {
  return keys.length === 0
    ? `The configuration "${file}"`
    : `${JSON.stringify(withoutUserInfo(keys.join(".")))} in "${file}"`;
}

/** The beginning of a sentence on a value, which quotes it unless it may hold a secret. */
function valueIs(keys: readonly string[], value: unknown, file: string): string {
  return `${placeOf(keys, file)} is ${mayHoldSecret(keys) ? kindOfValue(value) : quoteValue(value)}`;
}

/** The names of an object of the schema. */
function namesAt(schema: unknown, keys: readonly string[]): readonly string[] {
  return Object.keys(nodeAt(schema, keys)?.entries ?? {}).filter((name) => name !== "$schema");
}

function nodeAt(schema: unknown, keys: readonly string[]): SchemaNode | undefined {
  return keys.reduce<SchemaNode | undefined>(
    (node, key) => unwrapped(node === undefined ? undefined : fieldOf(node, key)),
    unwrapped(schema as SchemaNode),
  );
}

function fieldOf({ entries, value, item }: SchemaNode, key: string): SchemaNode | undefined {
  if (entries === undefined) return value ?? item;
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

/** The schema inside `optional()`. */
function unwrapped(schema: SchemaNode | undefined): SchemaNode | undefined {
  return schema?.wrapped === undefined ? schema : unwrapped(schema.wrapped);
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
