/**
 * Measures the memory of a process with many concurrent readers of one CSV file: a long file, one with 4,000 columns,
 * and one with quoted text. Each reader must get the complete text. Memory is the resident size above that of the
 * idle process.
 *
 *     node dist/dev/micro/csv-readers.js [readers] [megabytes]
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { csvChunks, openSource } from "../../src/index.ts";

const readers = Number(process.argv[2] ?? 32);
const megabytes = Number(process.argv[3] ?? 200);
const lookEveryMs = 10;

const shapes: readonly {
  readonly name: string;
  readonly header: string;
  readonly row: (row: number) => string;
}[] = [
  {
    name: "6 columns",
    header: "a,b,c,d,e,f",
    row: (row) => `${row},${row * 7},x${row % 9},1.5,,text ${row % 1000}`,
  },
  {
    name: "4,000 columns",
    header: Array.from({ length: 4000 }, (_, column) => `c${column}`).join(","),
    row: (row) => Array.from({ length: 4000 }, (_, column) => (row * column) % 10_000).join(","),
  },
  {
    name: "quoted text",
    header: "a,b",
    row: (row) => `${row},"${`some ""quoted"" text, `.repeat(1 + (row % 20))}"`,
  },
];

const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));

function writeShape(path: string, { header, row }: (typeof shapes)[number]): void {
  const file = openSync(path, "w");
  let bytes = writeSync(file, `${header}\n`);
  for (let first = 0; bytes < megabytes * 1e6; first += 100)
    bytes += writeSync(file, Array.from({ length: 100 }, (_, index) => `${row(first + index)}\n`).join(""));
  closeSync(file);
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}

async function readAll(path: string): Promise<number> {
  const source = await openSource(path);
  let bytes = 0;
  for await (const chunk of csvChunks(source, { dialect: "unix" })) bytes += chunk.byteLength;
  await source.close();
  return bytes;
}

try {
  for (const shape of shapes) {
    const path = join(folder, "x.csv");
    writeShape(path, shape);
    const expected = await readAll(path);
    const before = process.memoryUsage().rss;
    let most = before;
    const looking = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, lookEveryMs);
    const all = await Promise.all(Array.from({ length: readers }, () => readAll(path)));
    clearInterval(looking);
    if (all.some((bytes) => bytes !== expected))
      throw new Error(`A reader of ${shape.name} got another text.`);
    process.stdout.write(
      `${shape.name}, ${megabytes} MB: ${readers} readers at once, each whole; at the most ${mebibytes(most)} MiB, ${mebibytes(most - before)} over one reader's rest, ${mebibytes((most - before) / readers)} a reader\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
