import type { JsonTextVector, NumberTextVector, Utf8Vector } from "./batch.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Returns the text of a row as a string, including a byte order mark at its beginning. */
export function utf8Text(vector: Utf8Vector | NumberTextVector | JsonTextVector, row: number): string {
  const { bytes, starts, ends } = vector;
  const place = vector.kind === "utf8" ? (vector.first ?? 0) + row * (vector.step ?? 1) : row;
  return decoder.decode(bytes.subarray(starts[place] ?? 0, ends[place] ?? 0));
}
