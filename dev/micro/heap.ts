/**
 * Measures how much JavaScript heap a generated export allocates for each row: the growth of the heap between
 * collections. The bytes of chunks are outside that heap and don't count; their small objects do.
 *
 *     node --max-semi-space-size=1 dist/dev/micro/heap.js [rows] [export...]
 */
import { csvChunks } from "../../src/index.ts";
import { generatedExportNames, generatedSource, type GeneratedExportName } from "../../src/internal.ts";
import { median } from "../../bench/statistics/median.ts";

const rows = Number(process.argv[2] ?? 2_000_000);
const wanted = process.argv.slice(3);
/** Chunks between two samples of the heap. Sampling allocates too, so it is rare. */
const chunksPerLook = 8;

for (const name of generatedExportNames) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const perChunk = await heapBytesPerChunk(name, rowsOf(name));
  const rowsPerChunk = await countRowsPerChunk(name);
  process.stdout.write(
    `${name.padEnd(10)}${(perChunk / rowsPerChunk).toFixed(2).padStart(10)} bytes a row, ${perChunk.toFixed(0)} a chunk of ${rowsPerChunk.toFixed(0)} rows\n`,
  );
}

/** Rows of the other exports are longer. */
function rowsOf(name: GeneratedExportName): number {
  return { orders: rows, numbers: rows / 2, wide: rows / 16, text: rows / 40 }[name];
}

/**
 * The median growth over the second half of the rows, when all code is compiled; samples with a collection in between
 * are left out.
 */
async function heapBytesPerChunk(name: GeneratedExportName, count: number): Promise<number> {
  const growths: number[] = [];
  let chunks = 0;
  let last = process.memoryUsage().heapUsed;
  for await (const _ of csvChunks(generatedSource(name, { rows: count }))) {
    chunks += 1;
    if (chunks % chunksPerLook !== 0) continue;
    const used = process.memoryUsage().heapUsed;
    if (used >= last) growths.push(used - last);
    last = used;
  }
  const settled = growths.slice(growths.length / 2);
  return ((median(settled) ?? Number.NaN) - lookBytes()) / chunksPerLook;
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

async function countRowsPerChunk(name: GeneratedExportName): Promise<number> {
  let chunks = 0;
  const count = rowsOf(name) / 10;
  for await (const _ of csvChunks(generatedSource(name, { rows: count }))) chunks += 1;
  return count / chunks;
}
