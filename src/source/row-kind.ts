import { types } from "node:util";
import { isAsyncIterable, isIterable, isThenable } from "../body/chunk-reader.ts";
import { describeValue } from "../body/chunk.ts";
import { isSource } from "./rows.ts";

/**
 * What an object is if its contents aren't its properties, so that a row of it would be lost: a promise, a source, a stream's
 * bytes, a `Map`, a generator, a date. Undefined for any other object.
 */
export function describeNonRow(row: object): string | undefined {
  if (isThenable(row)) return "a promise";
  if (isSource(row)) return "a source";
  const isOther = isBytes(row) || isIterable(row) || isAsyncIterable(row) || types.isDate(row);
  return isOther || types.isNativeError(row) ? describeValue(row) : undefined;
}

/** Whether an object can't be a row even if it has one of the columns as a property, such as the `length` of bytes. */
export function isNeverRow(row: object): boolean {
  return isBytes(row) || isSource(row);
}

/** Whether an object is bytes or numbers, whose properties are their positions. */
function isBytes(row: object): boolean {
  return ArrayBuffer.isView(row) || types.isAnyArrayBuffer(row);
}
