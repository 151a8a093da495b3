/**
 * Compares our export of a file with DuckDB's `COPY … TO 'file' (FORMAT csv)`, both on one DuckDB thread.
 *
 * The contenders alternate in one process, with reversed order in every other round; each ratio is taken within a
 * round. Our bytes are discarded. Before anything is timed, DuckDB reads our text back and compares it with the file,
 * row by row. CPU seconds are those of all threads of the process.
 *
 *     node dist/dev/micro/duckdb.js [file] [rounds] [dialect]
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { csvChunks, openSource } from "../../src/index.ts";
import { resolveDialect } from "../../src/internal.ts";
import { median } from "../../bench/statistics/median.ts";
import { medianSeconds, ratiosText, runInTurns } from "./in-turns.ts";

const file = process.argv[2] ?? "node_modules/vega-datasets/data/flights-3m.parquet";
const rounds = Number(process.argv[3] ?? 9);
const dialect = resolveDialect((process.argv[4] ?? "unix") as "unix", { nonFinite: "text" });

const folder = mkdtempSync(join(tmpdir(), "stream-csv-micro-"));
const copyPath = join(folder, "copy.csv");
const ownPath = join(folder, "own.csv");
const instance = await DuckDBInstance.create(":memory:", {
  threads: "1",
  enable_external_file_cache: "false",
});
const connection = await instance.connect();
const source = await openSource(file);
const relation = `(FROM '${file.replaceAll("'", "''")}')`;

async function query(sql: string): Promise<readonly (readonly unknown[])[]> {
  const result = await connection.run(sql);
  return await result.getRowsJson();
}

interface Contender {
  readonly name: string;
  readonly run: () => Promise<number>;
}

const contenders: readonly Contender[] = [
  { name: "DuckDB's COPY to a file", run: () => copyTo(copyPath) },
  { name: "DuckDB's COPY to /dev/null", run: () => copyTo("/dev/null") },
  { name: `ours, ${dialect.name}`, run: runOurs },
];

async function copyTo(path: string): Promise<number> {
  await connection.run(`COPY ${relation} TO '${path}' (FORMAT csv)`);
  return statSync(path).size;
}

async function runOurs(): Promise<number> {
  let bytes = 0;
  for await (const chunk of csvChunks(source, { dialect })) bytes += chunk.byteLength;
  return bytes;
}

/** Types whose text in our CSV equals that of DuckDB's casts, or can be read by them. */
function isPlain(type: string): boolean {
  return !/[[(]|^(?:BLOB|MAP|STRUCT|JSON|VARIANT|ENUM)/.test(type) || type.startsWith("DECIMAL");
}

/** Lets DuckDB read our text with the file's types. Nested values come back only as text, so they are left out. */
async function checkRows(): Promise<number> {
  await pipeline(
    csvChunks(source, { dialect: "unix", nonFinite: "text", nullValue: "\\N" }),
    createWriteStream(ownPath),
  );
  const described = await query(`DESCRIBE FROM ${relation}`);
  const columns = described.map(([name, type]) => ({ name: String(name), type: String(type) }));
  const types = columns.map(
    ({ name, type }) => `'${name.replaceAll("'", "''")}': '${isPlain(type) ? type : "VARCHAR"}'`,
  );
  const own = `read_csv('${ownPath}', header=true, nullstr='\\N', allow_quoted_nulls=false, quote='"', escape='"', columns={${types.join(", ")}})`;
  const plain = columns
    .filter(({ type }) => isPlain(type))
    .map(({ name }) => `"${name.replaceAll('"', '""')}"`);
  const digest = (from: string): string =>
    `SELECT count(*), sum(hash(row_number, ${plain.join(", ")})) FROM (SELECT *, row_number() OVER () AS row_number FROM ${from})`;
  const [[theirs], [ours]] = [await query(digest(relation)), await query(digest(own))];
  if (theirs?.join() !== ours?.join())
    throw new Error(`Our text reads back as other rows: ${ours?.join()} instead of ${theirs?.join()}.`);
  return Number(theirs?.[0]);
}

/** Runs ours, and adds the longest time by which a timer of 1 ms was late. */
async function watched(gapsMs: number[]): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await runOurs();
  delay.disable();
  gapsMs.push(delay.max / 1e6);
}

try {
  const rows = await checkRows();
  const bytes: number[] = [];
  for (const { run } of contenders) bytes.push(await run());
  bytes[1] = bytes[0] ?? 0;
  const gapsMs: number[] = [];
  const taken = await runInTurns(
    contenders.map(({ run }) => (run === runOurs ? () => watched(gapsMs) : run)),
    rounds,
  );
  const [first = []] = taken;
  process.stdout.write(
    `${rows} rows, which agree; Node ${process.versions.node}; ratios to the first line\n`,
  );
  for (const [index, { name }] of contenders.entries()) {
    const all = taken[index] ?? [];
    const seconds = medianSeconds(all);
    const columns = [
      name.padEnd(28),
      `${(rows / seconds / 1e6).toFixed(2)} Mrow/s`.padStart(12),
      `${((bytes[index] ?? 0) / seconds / 1e6).toFixed(0)} MB/s`.padStart(9),
      `  ${ratiosText(first, all)}`,
    ];
    process.stdout.write(`${columns.join("")}\n`);
  }
  process.stdout.write(
    `longest time a timer of 1 ms waited while ours ran: ${median(gapsMs)?.toFixed(1)} ms (median of the rounds)\n`,
  );
} finally {
  await source.close();
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true });
}
