import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vectorValue } from "../../../src/csv/vector-value.ts";
import { JsonTextValue, NumberTextValue } from "../../../src/csv/value.ts";
import type { ReadOptions, Source } from "../../../src/index.ts";
import { openJsonSource, type JsonFile } from "../../../src/source/json/open-json-source.ts";

export const unhindered: AbortSignal = new AbortController().signal;

const folder = mkdtempSync(join(tmpdir(), "stream-csv-json-"));
process.once("exit", () => {
  rmSync(folder, { recursive: true });
});
let files = 0;

/** A file with some content; an old one, which needn't be watched for a change within the clock's step. */
export function fileOf(content: string | Uint8Array, name?: string): string {
  files += 1;
  const path =
    name === undefined ? join(folder, `${files}.json`) : join(mkdtempSync(join(folder, "f-")), name);
  writeFileSync(path, content);
  utimesSync(path, 1, 1);
  return path;
}

/** Opens a file of some content with blocks of so many bytes. */
export async function openJson(content: string | Uint8Array, blockBytes?: number): Promise<Source> {
  const file: JsonFile = { name: "test", path: fileOf(content) };
  return await openJsonSource(blockBytes === undefined ? file : { ...file, blockBytes });
}

/** A value as it can be compared: numbers and nested values by their text. */
export type Cell = string | boolean | null | { readonly number: string } | { readonly json: string };

function cellOf(value: unknown): Cell {
  if (value instanceof NumberTextValue) return { number: value.text };
  if (value instanceof JsonTextValue) return { json: value.text };
  return value as Cell;
}

/** All rows of a source. */
export async function rowsOf(
  source: Source,
  options: Partial<ReadOptions> = {},
): Promise<readonly (readonly Cell[])[]> {
  const rows: (readonly Cell[])[] = [];
  for await (const batch of source.read({ signal: unhindered, ...options }))
    for (let row = 0; row < batch.rowCount; row += 1)
      rows.push(batch.columns.map((vector) => cellOf(vectorValue(vector, row))));
  return rows;
}
