import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { Batch, ColumnVector } from "../../csv/batch.ts";
import type { Pause } from "./chunk-parts.ts";
import { isOfType, type ColumnReader, type VectorReader } from "./column-reader.ts";
import type { RowRange } from "./raw-vector.ts";
import { otherTypes } from "./reading-fault.ts";

/**
 * Copies rows of a chunk. There may be thousands of columns, so it pauses before each.
 * @param name the source's, for messages
 * @throws StreamCsvError `SCSV_SOURCE_CHANGED` if a column has another type than described
 */
export async function copyBatch(
  name: string,
  readers: readonly ColumnReader[],
  vectorReaders: readonly VectorReader[],
  chunk: DuckDBDataChunk,
  part: RowRange,
  pause: Pause,
): Promise<Batch> {
  const columns: ColumnVector[] = [];
  for (const [place, read] of vectorReaders.entries()) {
    const pausing = pause();
    if (pausing !== undefined) await pausing;
    const vector = chunk.getColumnVector(place);
    if (!isOfType(vector, readers[place]?.typeId)) throw otherTypes(name);
    columns.push(read(vector, part));
  }
  return { rowCount: part.to - part.from, columns };
}
