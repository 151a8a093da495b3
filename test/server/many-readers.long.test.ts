import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { processTree, residentBytes } from "../../bench/probe/process-tree.ts";
import { startServe } from "../harness/cli.ts";

const flights = "node_modules/vega-datasets/data/flights-3m.parquet";
const readersOfEach = 8;
const mostResidentBytes = 700 * 1024 ** 2;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "many-readers-"));
});
after(async () => {
  await rm(folder, { recursive: true });
});

async function fileOf(
  name: string,
  header: string,
  row: (index: number) => string,
  rows: number,
): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, header + Array.from({ length: rows }, (_, index) => row(index)).join(""));
  return path;
}

test("32 readers at once of CSV, NDJSON, wide CSV and Parquet are served by one worker, within 700 MiB", async () => {
  const names = Array.from({ length: 4000 }, (_, column) => `c${column}`).join(",");
  const wideRow = `${Array.from({ length: 4000 }, (_, column) => column).join(",")}\n`;
  const files = [
    await fileOf("rows.csv", "id,text\n", (index) => `${index},"some text, and more of it"\n`, 1_500_000),
    await fileOf("lines.ndjson", "", (index) => `{"id":${index},"n":{"a":[${index},null]}}\n`, 1_000_000),
    await fileOf("wide.csv", `${names}\n`, () => wideRow, 2000),
    flights,
  ];
  await using server = await startServe(files);
  const exports = ["rows", "lines", "wide", "flights-3m"];
  const answers = await Promise.all(
    exports.flatMap((name) =>
      Array.from({ length: readersOfEach }, () => fetch(`${server.url}/exports/${name}.csv`)),
    ),
  );
  const readers = answers.map((answer) => {
    assert.equal(answer.status, 200);
    return answer.body!.getReader();
  });
  let most = 0;
  for (let step = 0; step < 40; step += 1) {
    for (const reader of readers) await reader.read();
    most = Math.max(most, await residentBytes(await processTree(server.process.pid ?? 0)));
  }
  for (const reader of readers) await reader.cancel();
  assert.ok(most > 0 && most < mostResidentBytes, `${Math.round(most / 1024 ** 2)} MiB`);
});
