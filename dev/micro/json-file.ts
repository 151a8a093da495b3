/**
 * Compares opening and reading a JSON file with DuckDB's `read_json`, on one thread, for records of several shapes.
 *
 * For exact columns DuckDB must scan the whole file for its schema, and then read with that schema. It reads either
 * to a CSV in /dev/null, or to chunks whose values aren't used, which is the least cost for a program that uses the
 * values. Another build of stream-csv, given by its entry `dist/src/index.js`, does the same as ours. The contenders
 * alternate in one process, with reversed order in every other round; each ratio is taken within a round. CPU seconds
 * are those of all threads of the process.
 *
 *     node dist/dev/micro/json-file.js [MB] [rounds] [entry of another build]
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DuckDBInstance } from "@duckdb/node-api";
import * as own from "../../src/index.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";
import { recordShapes, writeRecords } from "./json-records.ts";

const megabytes = Number(process.argv[2] ?? 50);
const rounds = Number(process.argv[3] ?? 7);
const [, , , , otherEntry] = process.argv;

type Build = Pick<typeof own, "openSource" | "csvChunks">;
const other =
  otherEntry === undefined ? undefined : ((await import(pathToFileURL(otherEntry).href)) as Build);

const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
const instance = await DuckDBInstance.create(":memory:", {
  threads: "1",
  enable_external_file_cache: "false",
});
const connection = await instance.connect();
const signal = new AbortController().signal;

interface Way {
  readonly name: string;
  readonly run: (path: string) => Promise<unknown>;
}

const ways: readonly Way[] = [
  { name: "ours, batches", run: async (path) => await readWith(own, path) },
  { name: "DuckDB, chunks", run: fetchChunks },
  { name: "ours, CSV", run: async (path) => await writeWith(own, path) },
  { name: "DuckDB's COPY to /dev/null", run: copyAway },
  ...(other === undefined
    ? []
    : [
        { name: "other build, batches", run: async (path: string) => await readWith(other, path) },
        { name: "other build, CSV", run: async (path: string) => await writeWith(other, path) },
      ]),
];

async function readWith({ openSource }: Build, path: string): Promise<number> {
  const source = await openSource(path);
  let rows = 0;
  for await (const batch of source.read({ signal })) rows += batch.rowCount;
  await source.close();
  return rows;
}

async function writeWith({ openSource, csvChunks }: Build, path: string): Promise<number> {
  const source = await openSource(path);
  let bytes = 0;
  for await (const chunk of csvChunks(source, { dialect: "unix" })) bytes += chunk.byteLength;
  await source.close();
  return bytes;
}

/** The FROM clause after DuckDB has scanned the whole file. */
async function relationOf(path: string): Promise<string> {
  const described = await connection.run(
    `DESCRIBE FROM read_json('${path}', format='newline_delimited', sample_size=-1)`,
  );
  const columns = (await described.getRowsJson()).map(
    ([name, type]) => `"${name as string}": '${type as string}'`,
  );
  return `read_json('${path}', format='newline_delimited', columns={${columns.join(", ")}})`;
}

async function fetchChunks(path: string): Promise<number> {
  const result = await connection.stream(`FROM ${await relationOf(path)}`);
  let rows = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return rows;
    rows += chunk.rowCount;
  }
}

async function copyAway(path: string): Promise<void> {
  await connection.run(`COPY (FROM ${await relationOf(path)}) TO '/dev/null' (FORMAT csv)`);
}

async function measure(shape: string, path: string): Promise<void> {
  const rows = await writeRecords(path, shape, megabytes * 1e6);
  const counted = await readWith(own, path);
  if (counted !== rows) throw new Error(`${counted} rows were read of ${rows}.`);
  const taken = await runInTurns(
    ways.map(
      ({ run }) =>
        () =>
          run(path),
    ),
    rounds,
  );
  const bytes = statSync(path).size;
  process.stdout.write(`${shape}: ${rows} records, ${(bytes / 1e6).toFixed(0)} MB\n`);
  for (const [index, { name }] of ways.entries()) {
    const all = taken[index] ?? [];
    // Contenders that make batches are compared with our batches, those that write CSV with our CSV.
    const first = taken[name.includes("CSV") || name.includes("COPY") ? 2 : 0] ?? [];
    process.stdout.write(
      `  ${name.padEnd(28)}${(bytes / medianSeconds(all) / 1e6).toFixed(0).padStart(5)} MB/s  ${ratiosText(all, first)}\n`,
    );
  }
  rmSync(path);
}

try {
  process.stdout.write(
    `Node ${process.versions.node}; opening and reading together; ratios to ours, above 1 is slower\n`,
  );
  for (const shape of Object.keys(recordShapes)) await measure(shape, join(folder, `${shape}.ndjson`));
} finally {
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true });
}
