import type { DuckDBBlobVector, DuckDBVector } from "@duckdb/node-api";
import type { NullMask } from "../../csv/batch.ts";
import type { DuckDBModule } from "./database.ts";
import { fieldOf, nullsOf, rawValues, unknownShape, type RowRange } from "./raw-vector.ts";

/** The bytes of a vector's texts or byte strings: row i is from `starts[i]` to `ends[i]`. Nulls are unspecified. */
export interface ByteTexts {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  readonly nulls?: NullMask;
}

/** DuckDB stores a text of up to twelve bytes next to its length, in the sixteen bytes of each row. */
const mostInlineBytes = 12;
const bytesPerRow = 16;

/** The most memory that a batch of long texts leaves for the next one. */
const mostKeptBytes = 1024 * 1024;

/** Texts that touch or overlap in DuckDB's memory. Every byte of a run belongs to one of them. */
interface Run {
  /** The row of the run's first text, which is not null, counted from the first row read. */
  readonly row: number;
  readonly length: number;
}

/**
 * Reads a reading's vectors of texts and byte strings into memory that is reused for each batch.
 *
 * In DuckDB a row contains a length and, for a text of more than twelve bytes, its address. Reading an address is a call that
 * costs as much as a hundred bytes of CSV. But DuckDB stores the texts of a chunk right after each other, so that one call can
 * read a thousand of them as if they were one text. Bytes between texts are never read.
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
    // The run's position in the memory is after the rows and the runs before it.
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

/** Copies each run by reading its first text with the length of the whole run. */
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

/** Adds to `sizes` the bytes of each row's text or byte string in DuckDB's memory. */
export function addByteLengths(vector: DuckDBVector, sizes: Uint32Array): void {
  const rows = rawValues(vector, bytesPerRow);
  const words = new Uint32Array(rows.buffer, rows.byteOffset, 4 * vector.itemCount);
  const { nulls } = nullsOf(vector, { from: 0, to: vector.itemCount });
  for (let row = 0; row < vector.itemCount; row += 1)
    if (nulls?.[row] !== 1) sizes[row] = (sizes[row] ?? 0) + (words[4 * row] ?? 0);
}

type BlobParts = ConstructorParameters<typeof DuckDBBlobVector>;

/** Older clients can only read through a value, which needs another copy. */
function itemBytes(vector: DuckDBBlobVector, row: number): Uint8Array | null {
  return "getItemBytes" in vector
    ? vector.getItemBytes(row)
    : ((vector as OlderBlobVector).getItem(row)?.bytes ?? null);
}

interface OlderBlobVector {
  getItem(row: number): { readonly bytes: Uint8Array } | null;
}

/** Texts and byte strings are stored alike, but only a vector of byte strings returns bytes. */
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
