import { median } from "../../bench/statistics/median.ts";

/** How much JavaScript heap an export allocates. */
export interface HeapGrowth {
  readonly bytesPerChunk: number;
  readonly rowsPerChunk: number;
  readonly bytesPerRow: number;
}

/** Chunks between two samples of the heap. Sampling allocates too, so it is rare. */
const chunksPerLook = 8;

/**
 * Reads an export and measures the growth of the heap between collections: the median over the second half of the rows,
 * when all code is compiled; samples with a collection in between are left out. The bytes of chunks are outside that heap
 * and don't count; their small objects do.
 */
export async function heapGrowth(body: AsyncIterable<unknown>, rows: number): Promise<HeapGrowth> {
  const growths: number[] = [];
  let chunks = 0;
  let last = process.memoryUsage().heapUsed;
  for await (const _ of body) {
    chunks += 1;
    if (chunks % chunksPerLook !== 0) continue;
    const used = process.memoryUsage().heapUsed;
    if (used >= last) growths.push(used - last);
    last = used;
  }
  const settled = median(growths.slice(growths.length / 2)) ?? Number.NaN;
  const bytesPerChunk = (settled - lookBytes()) / chunksPerLook;
  const rowsPerChunk = rows / chunks;
  return { bytesPerChunk, rowsPerChunk, bytesPerRow: bytesPerChunk / rowsPerChunk };
}

/** One line about an export. */
export function growthLine(name: string, { bytesPerRow, bytesPerChunk, rowsPerChunk }: HeapGrowth): string {
  return `${name.padEnd(44)}${bytesPerRow.toFixed(2).padStart(10)} bytes a row, ${bytesPerChunk.toFixed(0)} a chunk of ${rowsPerChunk.toFixed(0)} rows\n`;
}

/** The allocation of one sample. */
function lookBytes(): number {
  const growths: number[] = [];
  let last = process.memoryUsage().heapUsed;
  for (let look = 0; look < 1000; look += 1) {
    const used = process.memoryUsage().heapUsed;
    if (used >= last) growths.push(used - last);
    last = used;
  }
  return median(growths) ?? Number.NaN;
}
