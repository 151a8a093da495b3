import { bytesText } from "./bytes-text.ts";
import {
  ArrayValue,
  DayValue,
  DecimalValue,
  InstantValue,
  IntervalValue,
  JsonTextValue,
  NumberTextValue,
  SingleValue,
} from "./value.ts";

/**
 * A value as JSON (RFC 8259), with the rules of `JSON.stringify`, and nothing lost: bigints and decimals are numbers
 * with all their digits, what is JSON already stays as it is, bytes are a string of `\x` and hex. Undefined where JSON has no text for the value.
 * @throws whatever a `toJSON` throws; TypeError for an object that contains itself
 */
export function jsonText(value: unknown): string | undefined {
  return written(value, "", []);
}

/** `ancestors` are the objects around the value: meeting one of them again would never end. */
function written(given: unknown, key: string, ancestors: unknown[]): string | undefined {
  const value = unboxed(hasToJson(given) ? given.toJSON(key) : given);
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

const boxed = /^\[object (?:Number|String|Boolean|BigInt)\]$/;

/** What a wrapper object, such as `new Number(5)`, stands for. */
function unboxed(value: unknown): unknown {
  const isBox = typeof value === "object" && boxed.test(Object.prototype.toString.call(value));
  return isBox ? value?.valueOf() : value;
}

function objectText(value: object, ancestors: unknown[]): string | undefined {
  if (value instanceof DecimalValue) return value.toString();
  if (value instanceof NumberTextValue || value instanceof JsonTextValue) return value.text;
  if (value instanceof InstantValue) return JSON.stringify(value.toText());
  if (value instanceof DayValue || value instanceof IntervalValue) return JSON.stringify(value.toString());
  if (value instanceof SingleValue) return Number.isFinite(value.value) ? String(value.value) : "null";
  if (value instanceof ArrayValue) return objectText(value.items, ancestors);
  if (value instanceof Uint8Array) return JSON.stringify(bytesText(value));
  if (ancestors.includes(value)) throw new TypeError("the object contains itself");
  ancestors.push(value);
  const text = Array.isArray(value) ? arrayText(value, ancestors) : recordText(value, ancestors);
  ancestors.pop();
  return text;
}

function arrayText(values: readonly unknown[], ancestors: unknown[]): string {
  const texts: string[] = [];
  for (let index = 0; index < values.length; index += 1)
    texts.push(written(values[index], String(index), ancestors) ?? "null");
  return `[${texts.join(",")}]`;
}

/** A `Map` is written as an object too, its keys in their order. */
function recordText(record: object, ancestors: unknown[]): string {
  const texts: string[] = [];
  for (const [key, value] of record instanceof Map ? record : Object.entries(record)) {
    const name = typeof key === "string" ? key : keyText(key, ancestors);
    const text = written(value, name, ancestors);
    if (text !== undefined) texts.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${texts.join(",")}}`;
}

/** What isn't a string is a key by its JSON, and by the text alone where that is a string: dates have no quotes within. */
function keyText(key: unknown, ancestors: unknown[]): string {
  const text = written(key, "", ancestors) ?? "";
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}

interface HasToJson {
  toJSON(key: string): unknown;
}

/** Bytes are left out: a Buffer's `toJSON` would list its bytes as numbers. */
function hasToJson(value: unknown): value is HasToJson {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    "toJSON" in value &&
    typeof value.toJSON === "function"
  );
}
