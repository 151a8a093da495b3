import { types } from "node:util";

/** A piece of a body: text in the response's charset, a number as decimal text, or bytes unchanged. */
export type Chunk = string | number | bigint | ArrayBufferView | ArrayBuffer;

/** Whether a value is one chunk. A chunk is never iterated, even if it could be. */
export function isChunk(value: unknown): value is Chunk {
  return (
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "bigint" ||
    ArrayBuffer.isView(value) ||
    types.isArrayBuffer(value)
  );
}

/** The bytes of a view or buffer, sharing its memory without a copy. */
export function viewBytes(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** A copy of the bytes. Not `slice()`, which doesn't copy if the bytes are a Buffer. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

/** Describes a value briefly for an error message, without inspecting its contents. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (value === null || typeof value !== "object")
    return typeof value === "function" ? "a function" : String(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = prototype === null ? "" : value.constructor?.name;
  return name ? `an instance of ${name}` : "an object";
}
