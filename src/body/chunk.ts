import { types } from "node:util";

/** What a body is made of: text in the response's charset, numbers as their decimal text, bytes as they are. */
export type Chunk = string | number | bigint | ArrayBufferView | ArrayBuffer;

/** Whether a value is a whole chunk by itself, and so never iterated even where it could be. */
export function isChunk(value: unknown): value is Chunk {
  return (
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    ArrayBuffer.isView(value) ||
    types.isArrayBuffer(value)
  );
}

/** The bytes of a view or buffer, over the same memory: nothing is copied. */
export function viewBytes(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** The same bytes in memory of their own. Not `slice()`, which copies nothing where the bytes are a Buffer. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Names a value for an error message, shortly and without walking through it. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (value === null || typeof value !== "object")
    return typeof value === "function" ? "a function" : String(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = prototype === null ? "" : value.constructor?.name;
  return name ? `an instance of ${name}` : "an object";
}
