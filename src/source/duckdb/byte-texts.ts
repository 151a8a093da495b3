import type { DuckDBBlobVector, DuckDBVector } from "@duckdb/node-api";
import type { NullMask } from "../../csv/batch.ts";
import type { DuckDBModule } from "./database.ts";
import { fieldOf, nullsOf, rawValues, unknownShape, type RowRange } from "./raw-vector.ts";

/** The bytes of texts or byte strings of a vector: row i of those read lies from `starts[i]` to `ends[i]`; unspecified for nulls. */
export interface ByteTexts {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/** DuckDB keeps a text of up to twelve bytes beside its length, in the sixteen bytes each row has. */
const mostInlineBytes = 12;
const bytesPerRow = 16;

/** Memory that a batch of long texts may leave behind for the next one. */
const mostKeptBytes = 1024 * 1024;

/** Texts that touch or overlap in DuckDB's memory: every byte of a run belongs to one of them. */
interface Run {
  /** The row with the run's first text, which is no null, counted from the first one read. */
  readonly row: number;
  readonly length: number;
}

/**
 * Reads vectors of texts and byte strings, one reading's, into memory that is taken again for each batch.
 *
 * A row of DuckDB's holds a length and, for a text of more than twelve bytes, its address. Each read of an address is a call
 * that costs as much as a hundred bytes of CSV; but DuckDB lays down the texts of a chunk one right behind the other, so
 * that a call may bring in a thousand of them at once, as if they were one. What lies between texts is never read.
 */
export function byteTextReader(duckdb: DuckDBModule): (vector: DuckDBVector, range: RowRange) => ByteTexts {
  let memory = new Uint8Array(0);
  let starts = new Uint32Array(0);
  let ends = new Uint32Array(0);
  return (vector, range) => {
    const { from, to } = range;
    const rowCount = to - from;
    const rows = rawValues(vector, bytesPerRow).subarray(16 * from, 16 * to);
    const { nulls } = nullsOf(vector, range);
    if (starts.length < rowCount) {
      starts = new Uint32Array(rowCount);
      ends = new Uint32Array(rowCount);
    }
    const words = new Uint32Array(rows.buffer, rows.byteOffset, 4 * rowCount);
    const runs: Run[] = [];
    let runRow = -1;
    let runStart = 0;
    let runEnd = 0;
    // Where the run will lie in the memory: behind the rows and the runs before it.
    let runAt = rows.length;
    for (let row = 0; row < rowCount; row += 1) {
      const length = words[4 * row] ?? 0;
      if (length <= mostInlineBytes) {
        starts[row] = 16 * row + 4;
        ends[row] = 16 * row + 4 + length;
        continue;
      }
      if (nulls?.[row] === 1) continue;
      const address = (words[4 * row + 3] ?? 0) * 2 ** 32 + (words[4 * row + 2] ?? 0);
      if (runRow < 0 || address < runStart || address > runEnd) {
        if (runRow >= 0) runs.push({ row: runRow, length: runEnd - runStart });
        runAt += runEnd - runStart;
        runRow = row;
        runStart = address;
        runEnd = address;
      }
      if (address + length > runEnd) runEnd = address + length;
      const at = runAt + (address - runStart);
      starts[row] = at;
      ends[row] = at + length;
    }
    if (runRow >= 0) runs.push({ row: runRow, length: runEnd - runStart });
    const total = runAt + (runEnd - runStart);
    if (memory.length < total || (memory.length > mostKeptBytes && memory.length > 4 * total))
      memory = new Uint8Array(total);
    memory.set(rows);
    copyRuns(duckdb, vector, runs, from, memory, rows.length);
    return { bytes: memory, starts, ends, ...(nulls === undefined ? {} : { nulls }) };
  };
}

/** Copies each run by asking for its first text with the length of the whole run. */
function copyRuns(
  duckdb: DuckDBModule,
  vector: DuckDBVector,
  runs: readonly Run[],
  firstRow: number,
  memory: Uint8Array,
  firstByte: number,
): void {
  if (runs.length === 0) return;
  const rows = rawValues(vector, bytesPerRow).slice();
  const lengths = new Uint32Array(rows.buffer);
  for (const { row, length } of runs) lengths[4 * (firstRow + row)] = length;
  const stretched = blobVector(duckdb, vector, new DataView(rows.buffer));
  let at = firstByte;
  for (const { row, length } of runs) {
    const bytes = itemBytes(stretched, firstRow + row);
    if (bytes === null || bytes.length !== length) throw unknownShape(vector);
    memory.set(bytes, at);
    at += length;
  }
}

/** Bytes the texts or byte strings of each row take in DuckDB's memory are added to `sizes`. */
export function addByteLengths(vector: DuckDBVector, sizes: Uint32Array): void {
  const rows = rawValues(vector, bytesPerRow);
  const words = new Uint32Array(rows.buffer, rows.byteOffset, 4 * vector.itemCount);
  const { nulls } = nullsOf(vector, { from: 0, to: vector.itemCount });
  for (let row = 0; row < vector.itemCount; row += 1)
    if (nulls?.[row] !== 1) sizes[row] = (sizes[row] ?? 0) + (words[4 * row] ?? 0);
}

type BlobParts = ConstructorParameters<typeof DuckDBBlobVector>;

/** Older clients have only the way by a value, which copies once more. */
function itemBytes(vector: DuckDBBlobVector, row: number): Uint8Array | null {
  return "getItemBytes" in vector
    ? vector.getItemBytes(row)
    : ((vector as OlderBlobVector).getItem(row)?.bytes ?? null);
}

interface OlderBlobVector {
  getItem(row: number): { readonly bytes: Uint8Array } | null;
}

/** Texts and byte strings are kept alike, but only a vector of byte strings gives bytes. */
function blobVector(duckdb: DuckDBModule, vector: DuckDBVector, rows: DataView): DuckDBBlobVector {
  const validity = fieldOf(vector, "validity");
  const handle = fieldOf(vector, "vector");
  if (!isValidity(validity) || !isHandle(handle)) throw unknownShape(vector);
  return new duckdb.DuckDBBlobVector(rows, validity, handle, 0, vector.itemCount);
}

function isValidity(value: unknown): value is BlobParts[1] {
  return typeof value === "object" && value !== null && "itemValid" in value;
}

function isHandle(value: unknown): value is BlobParts[2] {
  return typeof value === "object" && value !== null;
}
