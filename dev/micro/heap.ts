/**
 * Measures how much JavaScript heap a generated export allocates for each row.
 *
 *     node --max-semi-space-size=1 dist/dev/micro/heap.js [rows] [export...]
 */
import { csvChunks } from "../../src/index.ts";
import { generatedExportNames, generatedSource, type GeneratedExportName } from "../../src/internal.ts";
import { growthLine, heapGrowth } from "./heap-growth.ts";

const rows = Number(process.argv[2] ?? 2_000_000);
const wanted = process.argv.slice(3);

for (const name of generatedExportNames) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const count = rowsOf(name);
  process.stdout.write(
    growthLine(name, await heapGrowth(csvChunks(generatedSource(name, { rows: count })), count)),
  );
}

/** Rows of the other exports are longer. */
function rowsOf(name: GeneratedExportName): number {
  return { orders: rows, numbers: rows / 2, wide: rows / 16, text: rows / 40 }[name];
}
