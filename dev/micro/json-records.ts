import { once } from "node:events";
import { createWriteStream } from "node:fs";

const words =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et".split(
    " ",
  );

function sentence(seed: number, count: number): string {
  return Array.from({ length: count }, (_, index) => words[(seed * 7 + index * 3) % words.length]).join(" ");
}

/** Typical records: few short values, long texts, nested values, and few of many keys. */
export const recordShapes: Readonly<Record<string, (row: number) => object>> = {
  narrow: (row) => ({
    id: row,
    name: `user ${row % 1000}`,
    amount: ((row * 37) % 100_000) / 100,
    paid: row % 3 === 0,
    at: "2024-01-02T03:04:05Z",
  }),
  text: (row) => ({
    id: row,
    title: sentence(row, 8),
    body: `${sentence(row + 1, 60)}${row % 10 === 0 ? '\n"quoted"' : ""}`,
  }),
  nested: (row) => ({
    id: row,
    user: { name: `n${row}`, tags: ["a", "b", row], address: { city: "Bern", zip: 3000 + (row % 100) } },
    items: [
      { sku: "x1", quantity: 2 },
      { sku: "y2", quantity: row % 7 },
    ],
  }),
  sparse: (row) => {
    const fields = Array.from({ length: 8 }, (_, index) => [
      `attribute${(row * 31 + index * 17) % 190}`,
      row + index,
    ]);
    return { id: row, ...Object.fromEntries(fields) };
  },
};

/** Writes a file of at least this many bytes, one record per line; returns its rows. */
export async function writeRecords(path: string, shape: string, bytes: number): Promise<number> {
  const record = recordShapes[shape] ?? (() => ({}));
  const file = createWriteStream(path);
  let row = 0;
  for (let written = 0; written < bytes;) {
    const lines: string[] = [];
    for (let line = 0; line < 500; line += 1) {
      lines.push(`${JSON.stringify(record(row))}\n`);
      row += 1;
    }
    const block = Buffer.from(lines.join(""));
    written += block.length;
    if (!file.write(block)) await once(file, "drain");
  }
  file.end();
  await once(file, "close");
  return row;
}
