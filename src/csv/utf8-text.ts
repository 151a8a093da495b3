import type { Utf8Vector } from "./batch.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text of a row as a string, a byte order mark at its beginning included. */
export function utf8Text({ bytes, starts, ends, first = 0, step = 1 }: Utf8Vector, row: number): string {
  const place = first + row * step;
  return decoder.decode(bytes.subarray(starts[place] ?? 0, ends[place] ?? 0));
}
