import { bytesText } from "./bytes-text.ts";
import {
  ArrayValue,
  DayValue,
  DecimalValue,
  InstantValue,
  IntervalValue,
  isMarkedValue,
  JsonTextValue,
  NumberTextValue,
  SingleValue,
  WrittenValue,
} from "./value.ts";

/**
 * Returns the value that JSON uses for an object: the result of its `toJSON`, the primitive in a wrapper such as
 * `new Number(5)`, or else the object itself.
 * @throws the error that a `toJSON` throws
 */
export function jsonValue(value: unknown, key: string): unknown {
  return unboxed(hasToJson(value) ? value.toJSON(key) : value);
}

/**
 * Formats a value of {@link jsonValue} as JSON (RFC 8259). The rules are those of `JSON.stringify`, but nothing is lost: bigints
 * and decimals are numbers with all digits, JSON text stays unchanged, bytes are a string of `\x` and hex, a `Map` is an
 * object, and a typed array is a list of numbers. Returns undefined if JSON has no text for the value.
 * @throws the error that a `toJSON` inside it throws; TypeError for an object that contains itself, for a value of another
 *   copy of this package, and for an object that JSON would leave empty, such as a Set, an error or a promise
 */
export function jsonTextOf(value: unknown): string | undefined {
  return written(value, []);
}

/** `ancestors` are the objects around the value. If one of them occurs again, the JSON would never end. */
function written(value: unknown, ancestors: unknown[]): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : objectText(value, ancestors);
    case "undefined":
    case "function":
    case "symbol":
    default:
      return undefined;
  }
}

/** A value inside another one. */
function member(value: unknown, key: string, ancestors: unknown[]): string | undefined {
  return written(jsonValue(value, key), ancestors);
}

const boxed = /^\[object (?:Number|String|Boolean|BigInt)\]$/;

/** Returns the primitive in a wrapper object, such as `new Number(5)`. */
function unboxed(value: unknown): unknown {
  const isBox = typeof value === "object" && boxed.test(tagOf(value));
  return isBox ? value?.valueOf() : value;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

function objectText(value: object, ancestors: unknown[]): string | undefined {
  if (value instanceof DecimalValue) return value.toString();
  if (value instanceof NumberTextValue || value instanceof JsonTextValue) return value.text;
  if (value instanceof InstantValue) return JSON.stringify(value.toText());
  if (value instanceof DayValue || value instanceof IntervalValue || value instanceof WrittenValue)
    return JSON.stringify(value.toString());
  if (value instanceof SingleValue) return Number.isFinite(value.value) ? String(value.value) : "null";
  if (value instanceof ArrayValue) return objectText(value.items, ancestors);
  // Its fields would look like those of any object.
  if (isMarkedValue(value))
    throw new TypeError(
      "it is a value of a source of another copy of this package. Install one copy that all use; npm ls stream-csv lists them",
    );
  const bytes = bytesOf(value);
  if (bytes !== undefined) return JSON.stringify(bytesText(bytes));
  if (ancestors.includes(value)) throw new TypeError("the object contains itself");
  ancestors.push(value);
  const list = listOf(value);
  const text = list === undefined ? recordText(value, ancestors) : arrayText(list, ancestors);
  ancestors.pop();
  return text;
}

/** Returns the bytes of a byte array, a buffer or a DataView, but not those of an array of numbers. */
export function bytesOf(value: object): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const tag = tagOf(value);
  if (ArrayBuffer.isView(value))
    return /^\[object (?:Uint8Array|Uint8ClampedArray|DataView)\]$/.test(tag)
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : undefined;
  return tag === "[object ArrayBuffer]" || tag === "[object SharedArrayBuffer]"
    ? new Uint8Array(value as ArrayBufferLike)
    : undefined;
}

function listOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : undefined;
}

function arrayText(values: readonly unknown[], ancestors: unknown[]): string {
  const texts: string[] = [];
  for (let index = 0; index < values.length; index += 1)
    texts.push(member(values[index], String(index), ancestors) ?? "null");
  return `[${texts.join(",")}]`;
}

function recordText(record: object, ancestors: unknown[]): string {
  if (isMap(record)) return entriesText(record, ancestors);
  const entries = Object.entries(record);
  refuseHidden(record, entries.length);
  return entriesText(entries, ancestors);
}

/** Whether an object is a `Map` of whatever realm: a test runner has classes of its own. */
function isMap(value: object): value is Map<unknown, unknown> {
  return value instanceof Map || tagOf(value) === "[object Map]";
}

function entriesText(entries: Iterable<readonly [unknown, unknown]>, ancestors: unknown[]): string {
  const texts: string[] = [];
  for (const [key, value] of entries) {
    const name = typeof key === "string" ? key : keyText(key, ancestors);
    const text = member(value, name, ancestors);
    if (text !== undefined) texts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${texts.join(",")}}`;
}

/**
 * Refuses an object whose JSON would leave out its contents: an error, an object of a class without enumerable properties,
 * such as a Set, a promise, a RegExp, an iterator, or an amount of money with private fields, and one that has its contents only
 * later, such as a stream, whose properties are its own affairs.
 */
function refuseHidden(value: object, shownCount: number): void {
  const tag = tagOf(value);
  const isError = value instanceof Error || tag === "[object Error]";
  const isShown = shownCount > 0 || (tag === "[object Object]" && isPlainObject(value));
  if (!isError && isShown && !comesLater(value)) return;
  throw new TypeError(
    `JSON would leave out what the ${isError ? "Error" : nameOf(value, tag)} holds. Use text, a number, an array or a plain object`,
  );
}

/** Whether an object gives its contents asynchronously: a stream, such as the LOB of a driver, a cursor, or a query. */
function comesLater(value: object): boolean {
  return (
    typeof Reflect.get(value, Symbol.asyncIterator) === "function" ||
    typeof Reflect.get(value, "then") === "function"
  );
}

/**
 * Whether an object is of no class, so that it has no properties but its own. Not by its prototype, because `Object.prototype`
 * differs in each realm.
 */
export function isPlainObject(value: object): boolean {
  const className: unknown = value.constructor?.name;
  return className === undefined || className === "Object";
}

function nameOf(value: object, tag: string): string {
  return tag === "[object Object]" ? (value.constructor?.name ?? "object") : tag.slice(8, -1);
}

/** A key that is not a string is written as its JSON. If that is a string, such as a date's, its text is the key. */
function keyText(key: unknown, ancestors: unknown[]): string {
  const text = member(key, "", ancestors) ?? "";
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}

interface HasToJson {
  toJSON(key: string): unknown;
}

/** Bytes are excluded, because a Buffer's `toJSON` lists its bytes as numbers. */
function hasToJson(value: unknown): value is HasToJson {
  return (
    typeof value === "object" &&
    value !== null &&
    !ArrayBuffer.isView(value) &&
    "toJSON" in value &&
    typeof value.toJSON === "function"
  );
}
