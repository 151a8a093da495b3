import { wrongRange } from "../errors.ts";
import type { JsonTextVector, NumberTextVector, Utf8Vector } from "./batch.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Returns the text of a row as a string, including a byte order mark at its beginning. */
export function utf8Text(vector: Utf8Vector | NumberTextVector | JsonTextVector, row: number): string {
  const { bytes, starts, ends } = vector;
  const place = vector.kind === "utf8" ? (vector.first ?? 0) + row * (vector.step ?? 1) : row;
  const start = starts[place] ?? 0;
  const end = ends[place] ?? 0;
  checkTextPlace(start, end, bytes.length);
  return decoder.decode(bytes.subarray(start, end));
}

/** @throws RangeError `SCSV_ARG_RANGE` for a text that lies outside of its vector's bytes */
export function checkTextPlace(start: number, end: number, byteCount: number): void {
  if (start > end || end > byteCount)
    throw wrongRange(`A text of a batch is from byte ${start} to ${end}, and its vector has ${byteCount}.`);
}
