import type { BoundValue } from "./protocol.ts";

/** The type of a parameter, and whether it is a list of values of this type. */
export interface SqliteParameter {
  readonly type: "integer" | "decimal" | "boolean" | "date" | "timestamp" | "text" | "uuid";
  readonly list?: boolean;
}

/** The value of a parameter in its one form, one text or several, or null for NULL. */
export type SqliteParameterValue = string | readonly string[] | null;

/**
 * Returns how a value is bound. An integer is an INTEGER, exactly. A decimal is an INTEGER if it has no fraction and fits into 64
 * bits, and otherwise a REAL, as SQLite itself stores it. A boolean is 1 or 0. Any other type is TEXT. SQLite has no arrays, so a
 * list is a TEXT of JSON: `id IN (SELECT value FROM json_each(:ids))`.
 */
export function boundValue(
  name: string,
  { type, list = false }: SqliteParameter,
  value: SqliteParameterValue,
): BoundValue {
  if (value === null) return { name, storage: "text", text: null };
  if (list || typeof value !== "string") {
    const items = typeof value === "string" ? [value] : value;
    return { name, storage: "text", text: `[${items.map((item) => jsonItem(type, item)).join(",")}]` };
  }
  switch (type) {
    case "integer":
      return { name, storage: "integer", text: value };
    case "boolean":
      return { name, storage: "integer", text: value === "true" ? "1" : "0" };
    case "decimal":
      return { name, storage: isInteger(value) ? "integer" : "real", text: value };
    case "date":
    case "timestamp":
    case "text":
    case "uuid":
    default:
      return { name, storage: "text", text: value };
  }
}

/** An integer keeps every digit in JSON, and json_each() gives it back as an INTEGER. */
function jsonItem(type: SqliteParameter["type"], item: string): string {
  if (type === "integer" || type === "decimal") return item;
  if (type === "boolean") return item === "true" ? "1" : "0";
  return JSON.stringify(item);
}

function isInteger(text: string): boolean {
  return /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
