import type { JsonTextVector, NumberTextVector, Utf8Vector } from "./batch.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of a row as a string, a byte order mark at its beginning included. */
export function utf8Text(
  { bytes, starts, ends }: Utf8Vector | NumberTextVector | JsonTextVector,
  row: number,
): string {
  return decoder.decode(bytes.subarray(starts[row] ?? 0, ends[row] ?? 0));
}
